using Cairn.Llb;
using Cairn.Protos.Pb;
using Cairn.Snapshotter.Trees;

namespace Cairn.Solver.Ops;

internal sealed partial class FileRun
{
    private const uint Permissions = 0x1ff;   // 0777
    private const uint AllModeBits = 0xfff;   // with setuid, setgid and sticky

    private async Task ApplyAsync(FileAction action, RootedTree tree, CancellationToken cancellationToken)
    {
        FileOwner? owner = await OwnerAsync(FileReferences.Owner(action), cancellationToken);
        switch (action.ActionCase)
        {
            case FileAction.ActionOneofCase.Mkdir:
                MakeDirectory(action.Mkdir, owner, tree);
                break;
            case FileAction.ActionOneofCase.Mkfile:
                FileActionMkFile file = action.Mkfile;
                tree.WriteFile(file.Path, file.Data.Span, (uint)file.Mode & Permissions, owner, Times(file.Timestamp));
                break;
            case FileAction.ActionOneofCase.Symlink:
                tree.MakeSymlink(action.Symlink.Newpath, action.Symlink.Oldpath, owner ?? FileOwner.Root, Times(action.Symlink.Timestamp));
                break;
            case FileAction.ActionOneofCase.Rm:
                Remove(action.Rm, tree);
                break;
            case FileAction.ActionOneofCase.Copy:
                FileActionCopy copy = action.Copy;
                TreeCopy.Copy(
                    await ViewAsync(action.SecondaryInput, cancellationToken), copy.Src, tree, copy.Dest, Options(copy, owner), cancellationToken);
                break;
            default:
                throw new BuildException(ErrorKind.Input, "run", context.Vertex.Name, $"file action {action.ActionCase} is not known");
        }
    }

    private static void MakeDirectory(FileActionMkDir action, FileOwner? owner, RootedTree tree)
    {
        if (action.MakeParents || tree.Status(action.Path, followLinks: false) is null)
        {
            tree.MakeDirectory(
                action.Path, (uint)action.Mode & Permissions, owner ?? FileOwner.Root, Times(action.Timestamp), action.MakeParents);
        }
    }

    private static void Remove(FileActionRm action, RootedTree tree)
    {
        IReadOnlyList<string> paths = action.AllowWildcard ? TreeCopy.Expand(tree, action.Path) : [TreePath.Clean(action.Path)];
        foreach (string path in paths)
        {
            if (path == TreePath.Root)
            {
                throw new BuildException(ErrorKind.Input, "remove", action.Path, "rm.path cannot be the root");
            }

            if (!tree.Remove(path, recursive: true) && !action.AllowNotFound)
            {
                throw new BuildException(ErrorKind.Input, "remove", path, "no such file or directory");
            }
        }
    }

    private static TreeCopyOptions Options(FileActionCopy copy, FileOwner? owner) => new()
    {
        Owner = owner,
        Mode = copy.Mode < 0 ? null : (uint)copy.Mode & AllModeBits,
        ModeText = copy.ModeStr.Length > 0 ? copy.ModeStr : null,
        Timestamp = copy.Timestamp == -1 ? null : copy.Timestamp,
        FollowSymlink = copy.FollowSymlink,
        DirectoryContents = copy.DirCopyContents,
        CreateDestinationPath = copy.CreateDestPath,
        AlwaysReplace = copy.AlwaysReplaceExistingDestPaths,
        AllowWildcard = copy.AllowWildcard,
        AllowEmptyWildcard = copy.AllowEmptyWildcard,
        UnpackArchives = copy.AttemptUnpackDockerCompatibility,
        Include = copy.IncludePatterns,
        Exclude = copy.ExcludePatterns,
    };

    private static FileTimes? Times(long timestamp) => timestamp == -1 ? null : new FileTimes(timestamp);
}
