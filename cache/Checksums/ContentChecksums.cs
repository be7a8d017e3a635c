using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Text;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;

namespace Cairn.Cache.Checksums;

/// <summary>
/// Digests of what refs contain, as cache keys use them: names, kinds, modes, owners, attributes, link targets and bytes; no times.
/// What was read of a layer is remembered with the layer, so a file is read once, whichever refs show it.
/// </summary>
/// <remarks>Source: llb-semantics, section 5.</remarks>
public sealed class ContentChecksums
{
    private const int ChunkFiles = 64;   // neighbours on disk are read by one thread

    private static readonly ContentSelector Everything = new(TreePath.Root, followLinks: false);

    private readonly StoreRoot _store;
    private readonly ISnapshotter _snapshotter;
    private readonly ClaimTable _claims;

    internal ContentChecksums(StoreRoot store, ISnapshotter snapshotter, ClaimTable claims)
    {
        _store = store;
        _snapshotter = snapshotter;
        _claims = claims;
    }

    /// <summary>
    /// Brings back what is stored of the digests of a ref's top layer, for <see cref="RefStore.AdoptSuccessor"/>. Reads no file; does nothing
    /// if nothing is stored.
    /// </summary>
    public void Recall(ImmutableRef reference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        LayerRecord layer = reference.Record.Layer;
        if (layer is { Digests: null, Directory: { } directory })
        {
            layer.Digests = TryReadDigests(layer, directory);
        }
    }

    /// <summary>The content key of an input: what its selectors take, joined.</summary>
    /// <param name="reference">The input, null for scratch; borrowed.</param>
    /// <param name="selectors">What counts; none stands for everything.</param>
    /// <param name="context">On whose behalf missing layers are fetched.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>SHA-256 of the digest strings of the selectors, without duplicates, joined with a zero byte.</returns>
    /// <exception cref="BuildException">Input: a selected or required path is absent; its message is <c>"/path": not found</c>.</exception>
    /// <exception cref="ResultLostException">A layer cannot be had any more.</exception>
    public async Task<Digest> ComputeAsync(
        ImmutableRef? reference, IReadOnlyList<ContentSelector> selectors, RefContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(selectors);
        IReadOnlyList<ContentSelector> distinct = selectors.Count == 0 ? [Everything] : SelectorList.Deduplicate(selectors);
        IReadOnlyList<Digest> digests = await ComputeEachAsync(reference, distinct, context, cancellationToken);
        return Digest.Sha256(Encoding.ASCII.GetBytes(string.Join('\0', digests)));
    }

    /// <summary>The digest of one selector.</summary>
    /// <param name="reference">The input, null for scratch; borrowed.</param>
    /// <param name="selector">What counts.</param>
    /// <param name="context">On whose behalf missing layers are fetched.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="BuildException">Input: a selected or required path is absent.</exception>
    public async Task<Digest> ComputeOneAsync(
        ImmutableRef? reference, ContentSelector selector, RefContext context, CancellationToken cancellationToken) =>
        (await ComputeEachAsync(reference, [selector], context, cancellationToken))[0];

    /// <summary>The files behind a content key that was computed in this process; reads nothing.</summary>
    /// <param name="reference">The input, borrowed.</param>
    /// <param name="selectors">As the key was computed with.</param>
    /// <param name="cancellationToken">Stops the walk through memory.</param>
    /// <returns>In path order; null if the tree is not in memory.</returns>
    public static IReadOnlyList<ContentFile>? TryList(
        ImmutableRef reference, IReadOnlyList<ContentSelector> selectors, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(selectors);
        return reference.Record.Tree is { } tree ? ContentListing.Of(tree, selectors, cancellationToken) : null;
    }

    /// <summary>The digest of a tree, for tests and for trees that are no refs yet.</summary>
    internal static Digest Compute(TreeNode root, ContentSelector selector, CancellationToken cancellationToken)
    {
        if (selector.IsPlain)
        {
            (TreeNode node, string path) = TreeLookup.Find(root, TreePath.Clean(selector.Path), selector.FollowLinks);
            ReadFiles([(node, path)], cancellationToken);
            return Digest.FromSha256Hash(node.Contents);
        }
        (List<SelectedEntry> entries, string prefix) = TreeSelection.Collect(root, selector, cancellationToken);
        foreach (string required in selector.Required)
        {
            if (!entries.Exists(entry => entry.Path.StartsWith(required, StringComparison.Ordinal)))
            {
                throw TreeLookup.NotFound(required);
            }
        }
        List<(TreeNode Node, string Path, bool IsTarget)> counted = [.. entries.Select(entry =>
        {
            if (!entry.IsTop || !selector.FollowLinks || entry.Node.Kind != FileKind.Symlink)
            {
                return (entry.Node, entry.Location, false);
            }
            (TreeNode target, string location) = TreeLookup.Find(root, entry.Path, followLast: true);
            return (target, location, true);
        })];
        ReadFiles(counted.Where(entry => entry.IsTarget || !entry.Node.IsDirectory).Select(entry => (entry.Node, entry.Path)), cancellationToken);
        List<byte[]> digests = [.. counted.Select(entry => entry.IsTarget ? entry.Node.Contents : entry.Node.Record!)];
        if (digests.Count == 1 && UnixPath.Base(selector.Path) == UnixPath.Base(entries[0].Path))
        {
            return Digest.FromSha256Hash(digests[0]);
        }
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < digests.Count; i++)
        {
            string path = prefix.Length == 1 ? entries[i].Path : entries[i].Path[prefix.Length..];
            hash.AppendData(path.Length == 0 ? [0] : PathText.Encode(path.Replace('/', '\0')));
            DigestText.Append(hash, digests[i]);
        }
        return Digest.FromHash(hash);
    }

    private async Task<IReadOnlyList<Digest>> ComputeEachAsync(
        ImmutableRef? reference, IReadOnlyList<ContentSelector> selectors, RefContext context, CancellationToken cancellationToken)
    {
        if (reference is null)
        {
            return [.. selectors.Select(OfScratch)];
        }
        RefRecord record = reference.Record;
        string[] names = [.. selectors.Select(SelectorList.Name)];
        Digest?[] known = record.IsPublished ? Remembered(record.Id, names) : new Digest?[names.Length];
        if (Array.TrueForAll(known, digest => digest is not null))
        {
            return [.. known.Select(digest => digest!.Value)];
        }
        await reference.MakeLocalAsync(context, cancellationToken);
        return await Task.Run(
            () =>
            {
                TreeNode root = Tree(record, cancellationToken);
                Digest[] digests = [.. selectors.Select((selector, i) => known[i] ?? Compute(root, selector, cancellationToken))];
                Remember(record, names, digests);
                return digests;
            },
            cancellationToken);
    }

    // No tree at all: its root is the digest of nothing.
    private static Digest OfScratch(ContentSelector selector)
    {
        if (selector.Required.Count > 0)
        {
            throw TreeLookup.NotFound(selector.Required[0]);
        }
        return !selector.IsPlain || TreePath.Clean(selector.Path) == TreePath.Root
            ? Digest.Sha256([])
            : throw TreeLookup.NotFound(TreePath.Clean(selector.Path));
    }

    private static void ReadFiles(IEnumerable<(TreeNode Node, string Path)> entries, CancellationToken cancellationToken)
    {
        List<(TreeNode Node, string Path)> unread = [];
        var todo = new Stack<(TreeNode Node, string Path)>(entries);
        while (todo.TryPop(out (TreeNode Node, string Path) entry))
        {
            if (entry.Node.HasContents)
            {
                continue;
            }
            if (!entry.Node.IsDirectory)
            {
                unread.Add(entry);
                continue;
            }
            foreach (TreeNode child in entry.Node.Children)
            {
                todo.Push((child, TreePath.Join(entry.Path, child.Name)));
            }
        }
        if (unread.Count == 0)
        {
            return;
        }
        Dictionary<LayerDigests, RootedTree> open = [];
        try
        {
            foreach ((TreeNode node, _) in unread)
            {
                if (!open.ContainsKey(node.Layer))
                {
                    open.Add(node.Layer, RootedTree.Open(node.Layer.Directory));
                }
            }
            var options = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken };
            Parallel.ForEach(Partitioner.Create(0, unread.Count, ChunkFiles), options, range =>
            {
                for (int i = range.Item1; i < range.Item2; i++)
                {
                    options.CancellationToken.ThrowIfCancellationRequested();
                    ReadFile(unread[i].Node, open[unread[i].Node.Layer], unread[i].Path);
                }
            });
        }
        catch (AggregateException e) when (e.InnerExceptions.Count > 0)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
        finally
        {
            foreach (RootedTree tree in open.Values)
            {
                tree.Dispose();
            }
        }
    }

    private static void ReadFile(TreeNode node, RootedTree tree, string path)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(node.Header());
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(node.Size, 4096, 1 << 18));
        try
        {
            using FileStream file = tree.OpenRead(path, out FileStatus status);
            node.Inode = status.Inode;
            for (int read; (read = file.Read(buffer)) > 0;)
            {
                hash.AppendData(buffer, 0, read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        node.Record = hash.GetHashAndReset();
        node.Layer.Learnt(node.Size);
    }

    private TreeNode Tree(RefRecord record, CancellationToken cancellationToken)
    {
        var missing = new Stack<RefRecord>();
        RefRecord? at = record;
        for (; at is not null && at.Tree is null; at = at.Parent)
        {
            missing.Push(at);
        }
        TreeNode? tree = at?.Tree;
        while (missing.TryPop(out RefRecord? next))
        {
            tree = TreeMerge.Over(tree, Digests(next.Layer).Root);
            if (next is { Parent: null, Description.RecordType: RefDescription.LocalSource })
            {
                tree = tree.AsBareRoot();   // what a client sends has no root entry
            }
            next.Tree = tree;
        }
        return tree!;
    }

    private LayerDigests Digests(LayerRecord layer)
    {
        if (layer.Digests is { } known)
        {
            return known;
        }
        LayerId directory = layer.Directory!.Value;
        LayerDigests digests = TryReadDigests(layer, directory) ?? LayerDigests.Of(
            _snapshotter.ChangesDirectory(directory), layer.Predecessor?.Manifest ?? _snapshotter.Manifests.Read(directory), layer.Predecessor?.Earlier);
        layer.Predecessor = null;
        layer.Digests = digests;
        return digests;
    }

    private LayerDigests? TryReadDigests(LayerRecord layer, LayerId directory)
    {
        byte[]? stored = _store.Read(connection =>
            connection.Query("SELECT content FROM layer_manifests WHERE layer = $layer").With("$layer", layer.Id).ExecuteScalar() as byte[]);
        return stored is null ? null : LayerDigests.TryRead(
            stored, _snapshotter.ChangesDirectory(directory), _snapshotter.Manifests.Proof(directory), _snapshotter.Manifests.Read(directory));
    }

    private Digest?[] Remembered(RefId id, string[] names) => _store.Read(connection =>
    {
        var digests = new Digest?[names.Length];
        for (int i = 0; i < names.Length; i++)
        {
            string? text = connection.Query("SELECT digest FROM content_digests WHERE ref = $ref AND selectors = $name")
                .With("$ref", id.Value).With("$name", names[i]).ExecuteScalar() as string;
            digests[i] = text is null ? null : Digest.Parse(text);
        }
        return digests;
    });

    private void Remember(RefRecord record, string[] names, Digest[] digests)
    {
        List<(LayerRecord Layer, LayerDigests Digests, byte[] Content)> learnt = [];
        foreach (LayerRecord layer in record.Layers())
        {
            if (layer is { Digests: { IsWorthSaving: true } known, Directory: { } directory })
            {
                learnt.Add((layer, known, known.Write(_snapshotter.Manifests.Proof(directory))));
            }
        }
        _claims.Write(transaction =>
        {
            for (int i = 0; i < names.Length; i++)
            {
                transaction.Command("INSERT OR REPLACE INTO content_digests(ref, selectors, digest) VALUES ($ref, $name, $digest)")
                    .With("$ref", record.Id.Value).With("$name", names[i]).With("$digest", digests[i].ToString()).ExecuteNonQuery();
            }
            foreach ((LayerRecord layer, _, byte[] content) in learnt)
            {
                transaction.Command("INSERT OR REPLACE INTO layer_manifests(layer, content) VALUES ($layer, $content)")
                    .With("$layer", layer.Id).With("$content", content).ExecuteNonQuery();
            }
            return true;
        });
        learnt.ForEach(saved => saved.Digests.Saved());
    }
}
