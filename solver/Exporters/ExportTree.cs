using System.Runtime.CompilerServices;
using Cairn.Cache.Refs;
using Cairn.Snapshotter.Locals;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Exporters;

/// <summary>Results as one tree that goes to a client: as they are, or each in a directory of its own.</summary>
/// <param name="parts">The directory of each result, without slashes, and the result. Empty for the root, of which all may be parts.</param>
/// <param name="epoch">Time of every entry in nanoseconds; null leaves them.</param>
/// <param name="progress">Hears of the bytes that were sent.</param>
internal sealed class ExportTree(IReadOnlyList<(string Directory, RootedTree Tree)> parts, long? epoch, IProgressItem progress) : ISentTree
{
    private const uint DirectoryMode = 0x1ed;   // 0755
    private readonly Dictionary<string, RootedTree> _roots = new(StringComparer.Ordinal);   // of merged results, whose file it is; guarded by itself
    private long _sent;

    public async IAsyncEnumerable<LocalEntry> WalkAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (LocalEntry entry in Entries(cancellationToken).ToAsyncEnumerable().WithCancellation(cancellationToken))
        {
            yield return epoch is { } time ? entry with { Status = entry.Status with { ModifiedNanoseconds = time } } : entry;
        }
    }

    public Stream Open(string path)
    {
        RootedTree? tree;
        lock (_roots)
        {
            _roots.TryGetValue(path, out tree);
        }

        if (tree is not null)
        {
            return tree.OpenRead("/" + path);
        }

        if (parts is [{ Directory: "" } only])
        {
            return only.Tree.OpenRead("/" + path);
        }

        int slash = path.IndexOf('/', StringComparison.Ordinal);
        return parts.First(part => part.Directory == path[..slash]).Tree.OpenRead(path[slash..]);
    }

    public void Report(long bytes) => progress.Report(Interlocked.Add(ref _sent, bytes));

    private IEnumerable<LocalEntry> Entries(CancellationToken cancellationToken) =>
        parts.Count > 1 && parts.All(part => part.Directory.Length == 0) ? Merged(cancellationToken) : Separate(cancellationToken);

    private IEnumerable<LocalEntry> Separate(CancellationToken cancellationToken)
    {
        foreach ((string directory, RootedTree tree) in parts.OrderBy(part => part.Directory, StringComparer.Ordinal))
        {
            if (directory.Length > 0)
            {
                yield return new LocalEntry(
                    directory,
                    new FileStatus(FileKind.Directory, DirectoryMode, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0),
                    null,
                    new Dictionary<string, byte[]>());
            }

            foreach (LocalEntry entry in LocalWalk.Entries(tree, LocalFilter.All, keepOwners: true, cancellationToken))
            {
                yield return directory.Length == 0 ? entry : entry with
                {
                    Path = directory + "/" + entry.Path,
                    LinkTarget = entry.Status.IsSymlink || entry.LinkTarget is null ? entry.LinkTarget : directory + "/" + entry.LinkTarget,
                };
            }
        }
    }

    // Files of equal paths were refused; a directory of several is that of the first.
    private SortedDictionary<string, LocalEntry>.ValueCollection Merged(CancellationToken cancellationToken)
    {
        var entries = new SortedDictionary<string, LocalEntry>(Comparer<string>.Create(CompareNames));
        foreach ((_, RootedTree tree) in parts)
        {
            foreach (LocalEntry entry in LocalWalk.Entries(tree, LocalFilter.All, keepOwners: true, cancellationToken))
            {
                if (entries.TryAdd(entry.Path, entry) && entry.Status.IsRegular)
                {
                    lock (_roots)
                    {
                        _roots.Add(entry.Path, tree);
                    }
                }
            }
        }

        return entries.Values;
    }

    // The order of a walk: names in byte order, and what a directory holds right after it.
    private static int CompareNames(string a, string b)
    {
        string[] first = a.Split('/');
        string[] second = b.Split('/');
        for (int i = 0; i < Math.Min(first.Length, second.Length); i++)
        {
            int order = PathText.Compare(first[i], second[i]);
            if (order != 0)
            {
                return order;
            }
        }

        return first.Length.CompareTo(second.Length);
    }
}
