using Cairn.Cache.Checksums;
using Cairn.Snapshotter.Trees;

namespace Cairn.Solver.Explain;

/// <summary>What differs between two lists of files, both in path order.</summary>
internal static class FileDifference
{
    public static List<FileChange> Find(IReadOnlyList<ContentFile> before, IReadOnlyList<ContentFile> after)
    {
        List<FileChange> changes = [];
        int i = 0, j = 0;
        while (i < before.Count || j < after.Count)
        {
            int order = i == before.Count ? 1 : j == after.Count ? -1 : string.CompareOrdinal(before[i].Path, after[j].Path);
            if (order < 0)
            {
                changes.Add(new FileChange(before[i].Path, ["removed"], Describe(before[i]), null));
                i++;
            }
            else if (order > 0)
            {
                changes.Add(new FileChange(after[j].Path, ["added"], null, Describe(after[j])));
                j++;
            }
            else
            {
                if (!before[i].Hash.Span.SequenceEqual(after[j].Hash.Span))
                {
                    changes.Add(new FileChange(after[j].Path, Changes(before[i], after[j]), Describe(before[i]), Describe(after[j])));
                }

                i++;
                j++;
            }
        }

        return changes;
    }

    private static List<string> Changes(ContentFile before, ContentFile after)
    {
        if (before.Kind != after.Kind)
        {
            return ["type"];
        }

        List<string> changes = [];
        if (before.Size != after.Size)
        {
            changes.Add("content");
        }

        if (before.Mode != after.Mode)
        {
            changes.Add("mode");
        }

        if (before.Uid != after.Uid || before.Gid != after.Gid)
        {
            changes.Add("owner");
        }

        if (before.LinkTarget != after.LinkTarget)
        {
            changes.Add("link");
        }

        if (changes.Count == 0)
        {
            changes.Add(after.Kind == FileKind.Regular ? "content" : "attributes");
        }

        return changes;
    }

    private static FileState Describe(ContentFile file) => new(
        file.Kind switch
        {
            FileKind.Regular => "regular",
            FileKind.Directory => "directory",
            FileKind.Symlink => "symlink",
            FileKind.Fifo => "fifo",
            FileKind.Socket => "socket",
            FileKind.BlockDevice => "block",
            _ => "character",
        },
        file.Size,
        Convert.ToString(file.Mode & 0xfff, 8).PadLeft(4, '0'),
        file.Uid,
        file.Gid,
        file.Kind == FileKind.Symlink ? file.LinkTarget : null,
        Convert.ToHexStringLower(file.Hash.Span));
}
