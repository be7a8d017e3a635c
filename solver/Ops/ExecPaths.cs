using Cairn.Protos.Pb;
using Cairn.Snapshotter.Trees;

namespace Cairn.Solver.Ops;

/// <summary>Paths of an exec op as they are meant.</summary>
internal static class ExecPaths
{
    /// <summary>The absolute working directory.</summary>
    public static string WorkingDirectory(Meta meta) => TreePath.Clean(meta.Cwd);

    /// <summary>Where a mount goes: relative paths begin at the working directory.</summary>
    public static string Destination(Meta meta, Mount mount) =>
        TreePath.Clean(mount.Dest.StartsWith('/') ? mount.Dest : $"{meta.Cwd}/{mount.Dest}");

    /// <summary>Which part of its input a mount shows.</summary>
    public static string Selector(Mount mount) => TreePath.Clean(mount.Selector);
}
