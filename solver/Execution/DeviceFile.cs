using Cairn.Snapshotter.Trees;

namespace Cairn.Solver.Execution;

/// <summary>A device file of this machine.</summary>
internal sealed record DeviceFile(string Path, bool IsBlock, ulong Major, ulong Minor, uint Mode)
{
    /// <summary>Those of the paths that are device files here.</summary>
    public static IEnumerable<DeviceFile> Present(IEnumerable<string> paths)
    {
        using RootedTree machine = RootedTree.Open("/");
        foreach (string path in paths)
        {
            if (machine.Status(path, followLinks: true) is FileStatus { Kind: FileKind.CharacterDevice or FileKind.BlockDevice } status)
            {
                yield return new DeviceFile(path, status.Kind == FileKind.BlockDevice, status.DeviceMajor, status.DeviceMinor, status.Mode);
            }
        }
    }
}
