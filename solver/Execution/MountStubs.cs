using Cairn.Snapshotter.Trees;

namespace Cairn.Solver.Execution;

/// <summary>
/// Mount points that a root lacks: made before the run with their directories' times kept, and removed after it unless the process put
/// something there. So a run that changes nothing leaves a root that nothing has changed in.
/// </summary>
internal sealed class MountStubs
{
    private static readonly string[] RuntimeMounts = ["/proc", "/dev", "/sys"];

    private readonly RootedTree _root;
    private readonly bool _removeParents;
    private readonly List<Stub> _stubs = [];

    private MountStubs(RootedTree root, bool removeParents) => (_root, _removeParents) = (root, removeParents);

    /// <summary>Makes what is missing.</summary>
    /// <param name="root">The root's tree, mounts not included.</param>
    /// <param name="mounts">The mounts, parents first.</param>
    /// <param name="removeParents">Directories above a mount point that had to be made are removed, too.</param>
    public static MountStubs Make(RootedTree root, IReadOnlyList<ExecMount> mounts, bool removeParents)
    {
        var stubs = new MountStubs(root, removeParents);
        List<string> covered = [];
        foreach (string destination in RuntimeMounts)
        {
            covered.Add(stubs.Make(destination, isFile: false));
        }

        foreach (ExecMount mount in mounts)
        {
            string resolved = root.Resolve(mount.Destination, followLast: true);
            if (!covered.Exists(above => IsBelow(resolved, above)))   // otherwise it lies in the other mount
            {
                covered.Add(stubs.Make(resolved, mount is BindMount { IsFile: true }));
            }
        }

        return stubs;
    }

    /// <summary>Removes what was made and is still empty.</summary>
    public void Remove()
    {
        for (int i = _stubs.Count - 1; i >= 0; i--)
        {
            Remove(_stubs[i]);
        }
    }

    private static bool IsBelow(string path, string above) =>
        path.StartsWith(above, StringComparison.Ordinal) && path.Length > above.Length && path[above.Length] == '/';

    private string Make(string destination, bool isFile)
    {
        string path = _root.Resolve(destination, followLast: true);
        Stack<string> missing = [];
        for (string at = path; at != TreePath.Root && _root.Status(at, followLinks: false) is null; at = TreePath.Split(at).Directory)
        {
            missing.Push(at);
        }

        while (missing.TryPop(out string? next))
        {
            bool isMountPoint = missing.Count == 0;
            string parent = TreePath.Split(next).Directory;
            FileTimes before = Times(parent);
            if (isMountPoint && isFile)
            {
                _root.WriteFile(next, [], 0x1a4, FileOwner.Root, null);   // 0644
            }
            else
            {
                _root.MakeDirectory(next, 0x1ed, FileOwner.Root, null, parents: false);   // 0755
            }

            SetTimes(parent, before);
            if (isMountPoint || _removeParents)
            {
                _stubs.Add(new Stub(next, parent, _root.Status(next, followLinks: false)!));
            }
        }

        return path;
    }

    private void Remove(Stub stub)
    {
        if (_root.Status(stub.Path, followLinks: false) is not FileStatus now || now.Kind != stub.Made.Kind || now.Inode != stub.Made.Inode)
        {
            return;   // the process removed or replaced it
        }

        if (now.IsDirectory ? _root.List(stub.Path).Any() : now.Size > 0)
        {
            return;
        }

        FileTimes parent = Times(stub.Parent);
        _root.Remove(stub.Path, recursive: false);
        SetTimes(stub.Parent, parent);
    }

    private FileTimes Times(string directory)
    {
        FileStatus status = _root.Status(directory, followLinks: false)!;
        return new FileTimes(status.AccessedNanoseconds, status.ModifiedNanoseconds);
    }

    private void SetTimes(string directory, FileTimes times) =>
        _root.SetMetadata(directory, new FileChange { Times = times }, followLinks: false);

    private sealed record Stub(string Path, string Parent, FileStatus Made);
}
