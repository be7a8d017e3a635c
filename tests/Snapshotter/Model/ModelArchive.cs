using System.Collections.Immutable;
using System.Formats.Tar;
using System.Globalization;
using System.Text;
using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Tests.Model;

/// <summary>Unpacks image layers into a tree of the model, as their specification says; the archives are read by the runtime's own reader.</summary>
internal static class ModelArchive
{
    /// <summary>The tree after one more archive.</summary>
    public static ModelDirectory Unpack(ModelDirectory tree, Stream tar)
    {
        var layer = ModelLayer.Nothing with { Metadata = tree.Metadata };
        var files = new Dictionary<string, ModelFile>(StringComparer.Ordinal);
        using var reader = new TarReader(tar, leaveOpen: true);
        while (reader.GetNextEntry() is { } entry)
        {
            layer = Add(layer, (PosixTarEntry)entry, files);
        }
        return ModelRules.Apply(tree, layer);
    }

    private static ModelLayer Add(ModelLayer layer, PosixTarEntry entry, Dictionary<string, ModelFile> files)
    {
        string path = entry.Name.TrimEnd('/');
        path = path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path;
        int slash = path.LastIndexOf('/');
        (string directory, string name) = (slash < 0 ? "" : path[..slash], path[(slash + 1)..]);
        if (path is "" or ".")
        {
            return layer with { Metadata = Metadata(entry) };
        }
        if (name == ".wh..wh..opq")
        {
            return directory.Length == 0 ? layer with { IsOpaque = true } : layer.With(directory, Directory(layer, directory) with { IsOpaque = true });
        }
        if (name.StartsWith(".wh.", StringComparison.Ordinal))
        {
            return layer.With(directory.Length == 0 ? name[4..] : $"{directory}/{name[4..]}", new ModelWhiteout());
        }
        if (entry.EntryType == TarEntryType.Directory)
        {
            return layer.With(path, ModelLayer.Nothing with { Metadata = Metadata(entry) });
        }
        ModelFile file;
        if (entry.EntryType == TarEntryType.HardLink)
        {
            string first = entry.LinkName.StartsWith("./", StringComparison.Ordinal) ? entry.LinkName[2..] : entry.LinkName;
            file = files[first];
            if (file.Group is null)
            {
                file = file with { Group = new object() };
                layer = layer.With(first, new ModelPut(file));
                files[first] = file;
            }
        }
        else
        {
            file = new ModelFile(Kind(entry.EntryType), Content(entry), null, Metadata(entry));
        }
        files[path] = file;
        return layer.With(path, new ModelPut(file));
    }

    private static ModelLayer Directory(ModelLayer layer, string path) =>
        path.Split('/').Aggregate(layer, static (at, part) => (ModelLayer)at.Children[part]);

    private static FileKind Kind(TarEntryType type) => type switch
    {
        TarEntryType.SymbolicLink => FileKind.Symlink,
        TarEntryType.CharacterDevice => FileKind.CharacterDevice,
        TarEntryType.BlockDevice => FileKind.BlockDevice,
        TarEntryType.Fifo => FileKind.Fifo,
        _ => FileKind.Regular,
    };

    private static string Content(PosixTarEntry entry)
    {
        switch (entry.EntryType)
        {
            case TarEntryType.SymbolicLink:
                return entry.LinkName;
            case TarEntryType.CharacterDevice or TarEntryType.BlockDevice:
                return string.Create(CultureInfo.InvariantCulture, $"{entry.DeviceMajor},{entry.DeviceMinor}");
            case TarEntryType.Fifo:
                return "";
            default:
                using (var text = new StreamReader(entry.DataStream ?? Stream.Null, Encoding.UTF8))
                {
                    return text.ReadToEnd();
                }
        }
    }

    private static ModelMetadata Metadata(PosixTarEntry entry)
    {
        ImmutableSortedDictionary<string, string> attributes = ModelMetadata.NoAttributes;
        foreach ((string key, string value) in Records(entry).Where(
            static pair => pair.Key.StartsWith("SCHILY.xattr.", StringComparison.Ordinal)))
        {
            attributes = attributes.SetItem(key["SCHILY.xattr.".Length..], Convert.ToHexString(Encoding.UTF8.GetBytes(value)));
        }
        return new ModelMetadata((uint)entry.Mode, (uint)entry.Uid, (uint)entry.Gid, Modified(entry), attributes);
    }

    private static IReadOnlyDictionary<string, string> Records(PosixTarEntry entry) =>
        (entry as PaxTarEntry)?.ExtendedAttributes ?? new Dictionary<string, string>();

    // The record has more digits than the runtime's own type.
    private static long Modified(PosixTarEntry entry) => Records(entry).TryGetValue("mtime", out string? text)
        ? (long)(decimal.Parse(text, CultureInfo.InvariantCulture) * 1_000_000_000)
        : entry.ModificationTime.ToUnixTimeSeconds() * 1_000_000_000;
}
