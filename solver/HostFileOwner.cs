using Cairn.Llb;
using Cairn.Snapshotter.Trees;

namespace Cairn.Solver;

/// <summary>Owners of files of this machine.</summary>
public static class HostFileOwner
{
    /// <summary>Gives a file to somebody.</summary>
    /// <param name="path">The file; a symbolic link is changed itself.</param>
    /// <param name="user">Number of the user; null leaves it.</param>
    /// <param name="group">Number of the group; null leaves it.</param>
    /// <exception cref="BuildException">Environment: the file is not there, or the process may not.</exception>
    public static void Set(string path, uint? user, uint? group)
    {
        string full = Path.GetFullPath(path);
        using RootedTree directory = RootedTree.Open(Path.GetDirectoryName(full)!);
        string name = "/" + Path.GetFileName(full);
        FileStatus status = directory.Status(name, followLinks: false)
            ?? throw new BuildException(ErrorKind.Environment, "change the owner of", path, "it is not there");
        directory.SetMetadata(name, new FileChange { Owner = new FileOwner(user ?? status.Uid, group ?? status.Gid) }, followLinks: false);
    }
}
