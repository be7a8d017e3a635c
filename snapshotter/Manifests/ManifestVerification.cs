using System.Globalization;
using Blake3;
using Cairn.Snapshotter.Native;

namespace Cairn.Snapshotter.Manifests;

/// <summary>Compares a layer's directory with what its row vouches for: every entry, all metadata, and the bytes of every file.</summary>
public static class ManifestVerification
{
    /// <summary>Name of the stored manifest in a layer's directory.</summary>
    public const string ManifestName = "manifest";

    /// <summary>Name of the stored contents in a layer's directory.</summary>
    public const string ContentsName = "contents";

    private const int MostDifferences = 1000;

    /// <summary>Checks; reads every file of the layer.</summary>
    /// <param name="layerDirectory">Directory of the layer, which holds <c>fs</c>.</param>
    /// <param name="proof">What the layer's row says.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="IOException">The change directory is absent, or something cannot be read.</exception>
    public static LayerVerdict Check(string layerDirectory, LayerProof proof, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(proof);
        string changes = Layers.StagedLayer.ChangesIn(layerDirectory);
        ChangeManifest found = ChangeManifest.Scan(changes, cancellationToken);
        LayerContents contents = LayerContents.Compute(changes, found, cancellationToken);
        List<LayerDifference> differences = [];
        bool isProven = false;
        bool areContentsProven = false;
        if (proof.Manifest is { } manifestHash && ReadProven(layerDirectory, ManifestName, manifestHash, differences) is { } stored)
        {
            isProven = true;
            ChangeManifest expected = ChangeManifest.Read(stored);
            Compare(expected.Root, found.Root, "/", differences);
            if (proof.Contents is { } contentsHash && ReadProven(layerDirectory, ContentsName, contentsHash, differences) is { } storedContents)
            {
                areContentsProven = true;
                CompareContents(expected, LayerContents.Read(storedContents, manifestHash), found, contents, differences);
            }
        }
        if (differences.Count > MostDifferences)
        {
            int more = differences.Count - MostDifferences;
            differences.RemoveRange(MostDifferences, more);
            differences.Add(new LayerDifference("", $"{more} more differences", "", ""));
        }
        return new LayerVerdict(differences, isProven, areContentsProven, found, contents);
    }

    private static byte[]? ReadProven(string layerDirectory, string name, Hash hash, List<LayerDifference> differences)
    {
        byte[] content;
        try
        {
            content = File.ReadAllBytes(Path.Combine(layerDirectory, name));
        }
        catch (FileNotFoundException)
        {
            differences.Add(new LayerDifference("", $"the layer's file {name} is missing", "", ""));
            return null;
        }
        Hash found = Hasher.Hash(content);
        if (found == hash)
        {
            return content;
        }
        differences.Add(new LayerDifference("", $"the layer's file {name} is damaged", hash.ToString(), found.ToString()));
        return null;
    }

    private static void Compare(ChangeEntry expected, ChangeEntry found, string path, List<LayerDifference> differences)
    {
        void Tell(string what, object left, object right)
        {
            string before = string.Create(CultureInfo.InvariantCulture, $"{left}");
            string after = string.Create(CultureInfo.InvariantCulture, $"{right}");
            if (before != after)
            {
                differences.Add(new LayerDifference(path, what, before, after));
            }
        }
        string expectedKind = Describe(expected);
        string foundKind = Describe(found);
        Tell("kind", expectedKind, foundKind);
        if (expectedKind != foundKind)
        {
            return;
        }
        Tell("mode", Convert.ToString(expected.Mode, 8), Convert.ToString(found.Mode, 8));
        Tell("owner", $"{expected.Uid}:{expected.Gid}", $"{found.Uid}:{found.Gid}");
        Tell("size", expected.Size, found.Size);
        Tell("modification time", Time(expected), Time(found));
        Tell("device", $"{expected.DeviceMajor}:{expected.DeviceMinor}", $"{found.DeviceMajor}:{found.DeviceMinor}");
        Tell("target", expected.LinkTarget, found.LinkTarget);
        Tell("link group", expected.LinkGroup, found.LinkGroup);
        Dictionary<string, byte[]> attributes = new(found.Attributes, StringComparer.Ordinal);
        foreach ((string name, byte[] value) in expected.Attributes)
        {
            Tell("attribute " + name, Convert.ToHexStringLower(value), attributes.Remove(name, out byte[]? other) ? Convert.ToHexStringLower(other) : "");
        }
        foreach ((string name, byte[] value) in attributes)
        {
            Tell("attribute " + name, "", Convert.ToHexStringLower(value));
        }
        CompareChildren(expected, found, path, differences);
    }

    private static void CompareChildren(ChangeEntry expected, ChangeEntry found, string path, List<LayerDifference> differences)
    {
        for (int left = 0, right = 0; left < expected.Children.Count || right < found.Children.Count;)
        {
            int order = left == expected.Children.Count ? 1
                : right == found.Children.Count ? -1
                : PathText.Compare(expected.Children[left].Name, found.Children[right].Name);
            ChangeEntry entry = order <= 0 ? expected.Children[left] : found.Children[right];
            string child = path.Length == 1 ? "/" + entry.Name : path + "/" + entry.Name;
            if (order == 0)
            {
                Compare(entry, found.Children[right], child, differences);
            }
            else
            {
                differences.Add(order < 0
                    ? new LayerDifference(child, "missing", Describe(entry), "")
                    : new LayerDifference(child, "extra", "", Describe(entry)));
            }
            left += order <= 0 ? 1 : 0;
            right += order >= 0 ? 1 : 0;
        }
    }

    private static void CompareContents(
        ChangeManifest expected, LayerContents known, ChangeManifest found, LayerContents contents, List<LayerDifference> differences)
    {
        Dictionary<string, Hash> there = new(StringComparer.Ordinal);
        foreach (((string path, _), Hash hash) in found.RegularFiles().Zip(contents.Files))
        {
            there[path] = hash;
        }
        foreach (((string path, ChangeEntry entry), Hash hash) in expected.RegularFiles().Zip(known.Files))
        {
            // A file that is missing, or is the second name of another file now, was told of already.
            if (there.TryGetValue(path, out Hash other) && other != hash)
            {
                differences.Add(new LayerDifference(path, "content", hash.ToString(), other.ToString()));
            }
        }
    }

    private static string Describe(ChangeEntry entry) => entry.Operation switch
    {
        ChangeOperation.Whiteout => "deletion",
        ChangeOperation.Opaque => "opaque directory",
        _ => entry.Kind.ToString(),
    };

    private static string Time(ChangeEntry entry) =>
        string.Create(CultureInfo.InvariantCulture, $"{entry.ModifiedNanoseconds / 1e9m:0.000000000}");
}
