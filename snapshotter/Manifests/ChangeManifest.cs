using Blake3;
using Cairn.Snapshotter.Native;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Manifests;

/// <summary>
/// The complete list of what one layer changes: a tree in byte order of names. It lies beside the layer, is published with it and never
/// changes; equal layers have equal manifests, byte for byte.
/// </summary>
public sealed class ChangeManifest
{
    internal ChangeManifest(ChangeEntry root) => Root = root;

    /// <summary>The layer's root directory; its name is empty.</summary>
    public ChangeEntry Root { get; }

    /// <summary>Every entry with its absolute path, parents first, siblings in byte order.</summary>
    public IEnumerable<(string Path, ChangeEntry Entry)> Entries()
    {
        var rest = new Stack<(string Path, ChangeEntry Entry)>();
        rest.Push(("/", Root));
        while (rest.TryPop(out (string Path, ChangeEntry Entry) next))
        {
            yield return next;
            for (int i = next.Entry.Children.Count - 1; i >= 0; i--)
            {
                ChangeEntry child = next.Entry.Children[i];
                rest.Push((next.Path.Length == 1 ? "/" + child.Name : next.Path + "/" + child.Name, child));
            }
        }
    }

    /// <summary>The first name of each regular file, in order: what has content of its own.</summary>
    public IEnumerable<(string Path, ChangeEntry Entry)> RegularFiles()
    {
        var groups = new HashSet<int>();
        return Entries().Where(item => item.Entry.IsRegular && (item.Entry.LinkGroup == 0 || groups.Add(item.Entry.LinkGroup)));
    }

    /// <summary>The manifest of a change directory as it is now.</summary>
    /// <param name="changesDirectory">Host path.</param>
    /// <param name="cancellationToken">Stops the walk.</param>
    public static ChangeManifest Scan(string changesDirectory, CancellationToken cancellationToken)
    {
        using SafeFileHandle root = Files.OpenDirectory(changesDirectory);
        return ManifestBuilder.Survey(root, cancellationToken).Manifest;
    }

    /// <summary>The stored form.</summary>
    public byte[] Write() => ManifestEncoding.Write(Root);

    /// <summary>Reads the stored form.</summary>
    /// <exception cref="InvalidDataException">The bytes are of another version or damaged.</exception>
    public static ChangeManifest Read(ReadOnlySpan<byte> content) => new(ManifestEncoding.Read(content));

    /// <summary>What names the stored form in the layer's row.</summary>
    public static Hash HashOf(ReadOnlySpan<byte> content) => Hasher.Hash(content);
}
