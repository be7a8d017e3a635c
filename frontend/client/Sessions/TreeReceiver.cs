using System.Threading.Channels;
using Cairn.Snapshotter.Locals;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;
using Cairn.Wire.Files;

namespace Cairn.Client.Sessions;

/// <summary>Writes a result into a directory, into what is there already. Everything belongs to whoever runs this.</summary>
/// <param name="directory">Where to.</param>
/// <param name="delete">Whether what is not in the result goes.</param>
/// <remarks>Source: session.md, sections 10 and 13.2.</remarks>
internal sealed class TreeReceiver(string directory, bool delete)
{
    private const int Writers = 4;
    private const int Ahead = 256;

    public async Task ReceiveAsync(PacketReceiver receiver, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        using RootedTree tree = RootedTree.Open(directory);
        FileOwner owner = Me();
        var directories = new List<LocalEntry>();
        var links = new List<LocalEntry>();
        var kept = new HashSet<string>(StringComparer.Ordinal);
        var contents = Channel.CreateBounded<(LocalEntry Entry, Stream Content)>(Ahead);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] writers = [.. Enumerable.Range(0, Writers).Select(_ => Task.Run(() => WriteContentsAsync(tree, contents.Reader, stop), CancellationToken.None))];
        try
        {
            await foreach (ReceivedEntry received in receiver.ReadEntriesAsync(stop.Token))
            {
                LocalEntry entry = received.Entry;
                kept.Add(entry.Path);
                if (entry.Status.IsDirectory)
                {
                    MakeDirectory(tree, entry, owner);
                    directories.Add(entry);
                }
                else if (received.HasContent)
                {
                    Clear(tree, entry);
                    await contents.Writer.WriteAsync((entry, receiver.Open(received.Id)), stop.Token);
                }
                else if (entry.Status.IsRegular)
                {
                    links.Add(entry);   // what it links to may still be on its way
                }
                else
                {
                    MakeOther(tree, entry, owner);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // A writer has failed; it tells below.
        }
        finally
        {
            contents.Writer.TryComplete();
        }

        try
        {
            await Task.WhenAll(writers);
        }
        catch (Exception e) when (e is NativeException or IOException && !cancellationToken.IsCancellationRequested)
        {
            await receiver.FailAsync(e.Message);
            throw;
        }

        foreach (LocalEntry link in links)
        {
            Clear(tree, link);
            tree.MakeHardLink("/" + link.Path, "/" + link.LinkTarget);
        }

        if (delete)
        {
            RemoveOthers(tree, kept, cancellationToken);
        }

        for (int i = directories.Count - 1; i >= 0; i--)
        {
            // Last, since every name made in a directory changes its time.
            tree.SetMetadata("/" + directories[i].Path, Change(directories[i]), followLinks: false);
        }

        await receiver.FinishAsync();
    }

    private static async Task WriteContentsAsync(
        RootedTree tree, ChannelReader<(LocalEntry Entry, Stream Content)> contents, CancellationTokenSource stop)
    {
        try
        {
            await foreach ((LocalEntry entry, Stream content) in contents.ReadAllAsync(stop.Token))
            {
                await using (content)
                {
                    string path = "/" + entry.Path;
                    await using (Stream file = tree.OpenWrite(path, 0x180, null))
                    {
                        await content.CopyToAsync(file, 1 << 17, stop.Token);
                    }

                    SetAttributes(tree, entry);
                    tree.SetMetadata(path, Change(entry), followLinks: false);
                }
            }
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
    }

    private static void MakeDirectory(RootedTree tree, LocalEntry entry, FileOwner owner)
    {
        string path = "/" + entry.Path;
        if (tree.Status(path, followLinks: false) is { IsDirectory: false })
        {
            tree.Remove(path, recursive: false);
        }

        tree.MakeDirectory(path, 0x1C0 | entry.Status.Mode, owner, null, parents: false);
        SetAttributes(tree, entry);
    }

    private static void MakeOther(RootedTree tree, LocalEntry entry, FileOwner owner)
    {
        string path = "/" + entry.Path;
        Clear(tree, entry);
        if (entry.Status.IsSymlink)
        {
            tree.MakeSymlink(path, entry.LinkTarget!, owner, new FileTimes(entry.Status.ModifiedNanoseconds));
        }
        else
        {
            tree.MakeNode(path, entry.Status.Kind, entry.Status.Mode, owner, entry.Status.DeviceMajor, entry.Status.DeviceMinor);
            tree.SetMetadata(path, Change(entry), followLinks: false);
        }

        SetAttributes(tree, entry);
    }

    private static void Clear(RootedTree tree, LocalEntry entry) => tree.Remove("/" + entry.Path, recursive: true);

    private static FileChange Change(LocalEntry entry) =>
        new() { Mode = entry.Status.Mode, Times = new FileTimes(entry.Status.ModifiedNanoseconds) };

    private static void SetAttributes(RootedTree tree, LocalEntry entry)
    {
        foreach ((string name, byte[] value) in entry.Attributes)
        {
            try
            {
                tree.SetAttribute("/" + entry.Path, name, value);
            }
            catch (NativeException)
            {
                // Not every file system has them, and not everybody may set each; the files are what was asked for.
            }
        }
    }

    private static void RemoveOthers(RootedTree tree, HashSet<string> kept, CancellationToken cancellationToken)
    {
        var others = new List<string>();
        using (var walk = new TreeWalk(tree, TreePath.Root))
        {
            walk.MoveNext();
            while (walk.MoveNext())
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!kept.Contains(walk.Current.Path[1..]))
                {
                    others.Add(walk.Current.Path);
                    if (walk.Current.Status.IsDirectory)
                    {
                        walk.SkipContents();
                    }
                }
            }
        }

        others.ForEach(path => tree.Remove(path, recursive: true));
    }

    /// <summary>Whoever runs this, as the kernel shows it.</summary>
    private static FileOwner Me()
    {
        using RootedTree self = RootedTree.Open("/proc/self");
        FileStatus status = self.Status(TreePath.Root, followLinks: true)!;
        return new FileOwner(status.Uid, status.Gid);
    }
}
