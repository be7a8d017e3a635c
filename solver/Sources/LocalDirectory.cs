using System.Runtime.CompilerServices;
using Cairn.Llb;
using Cairn.Snapshotter.Trees;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Sources;

/// <summary>A directory of this host as a client's files: what a reference client would send, without sending it.</summary>
/// <remarks>Source: session.md, sections 8.3 and 9. Owners become 0:0, so that a build does not depend on who runs it.</remarks>
public sealed class LocalDirectory : ILocalFiles, IDisposable
{
    private readonly RootedTree _tree;

    /// <param name="directory">Absolute path of the host.</param>
    /// <param name="sharedKey">See <see cref="ILocalFiles.SharedKey"/>; mostly the path itself.</param>
    /// <exception cref="BuildException">Input: there is no such directory.</exception>
    public LocalDirectory(string directory, string sharedKey)
    {
        HostDirectory = directory;
        SharedKey = sharedKey;
        if (!Directory.Exists(directory))
        {
            throw new BuildException(ErrorKind.Input, "read directory", directory, "it does not exist or is no directory");
        }

        _tree = RootedTree.Open(directory);
    }

    /// <inheritdoc/>
    public string SharedKey { get; }

    /// <inheritdoc/>
    public string HostDirectory { get; }

    /// <summary>Files keep their owners.</summary>
    public bool KeepOwners { get; init; }

    /// <inheritdoc/>
    public async IAsyncEnumerable<LocalEntry> WalkAsync(LocalFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        await foreach (LocalEntry entry in Walk(filter, cancellationToken).ToAsyncEnumerable().WithCancellation(cancellationToken))
        {
            yield return entry;
        }
    }

    /// <inheritdoc/>
    public Stream Open(string path) => _tree.OpenRead("/" + path);

    /// <summary>Closes the directory.</summary>
    public void Dispose() => _tree.Dispose();

    private IEnumerable<LocalEntry> Walk(LocalFilter filter, CancellationToken cancellationToken)
    {
        var matcher = new LocalFilterMatcher(filter, _tree);
        var links = new Dictionary<(ulong Device, ulong Inode), string>();
        using var walk = new TreeWalk(_tree, TreePath.Root);
        walk.MoveNext();   // the root itself is not sent
        while (walk.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            string path = walk.Current.Path[1..];
            FilterVerdict verdict = matcher.Judge(path, walk.Current.Status.IsDirectory);
            LocalEntry? entry = verdict.Descend || verdict.IsSent ? Entry(walk, path) : null;
            if (!verdict.Descend && walk.Current.Status.IsDirectory)
            {
                walk.SkipContents();
            }

            if (walk.Current.Status.IsDirectory && entry is not null)
            {
                matcher.Enter(entry, verdict);
            }

            if (verdict.IsSent)
            {
                foreach (LocalEntry parent in matcher.TakePending(verdict.Depth))
                {
                    yield return parent;
                }

                if (!walk.Current.Status.IsDirectory)
                {
                    yield return Linked(entry!, links);
                }
            }
        }
    }

    private LocalEntry Entry(TreeWalk walk, string path)
    {
        FileStatus status = KeepOwners ? walk.Current.Status : walk.Current.Status with { Uid = 0, Gid = 0 };
        if (status.Kind == FileKind.Socket)
        {
            status = status with { Kind = FileKind.Regular, Size = 0 };   // clients send a socket as an empty file
        }

        return new LocalEntry(path, status, status.IsSymlink ? walk.ReadCurrentLink() : null, walk.ReadCurrentAttributes());
    }

    /// <summary>A later name of an inode becomes a link to the first name that was sent.</summary>
    private static LocalEntry Linked(LocalEntry entry, Dictionary<(ulong Device, ulong Inode), string> links)
    {
        if (entry.Status is not { IsRegular: true, LinkCount: > 1 })
        {
            return entry;
        }

        return links.TryAdd((entry.Status.Device, entry.Status.Inode), entry.Path)
            ? entry
            : entry with { LinkTarget = links[(entry.Status.Device, entry.Status.Inode)] };
    }
}
