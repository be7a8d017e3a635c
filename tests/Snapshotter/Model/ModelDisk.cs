using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Cairn.Snapshotter.Merging;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Tests.Model;

/// <summary>Layers of the model as change directories on disk, and back.</summary>
internal static class ModelDisk
{
    /// <summary>Writes a layer into an existing empty directory.</summary>
    public static void Write(ModelLayer layer, string directory) =>
        Write(layer, directory, new Dictionary<object, string>(ReferenceEqualityComparer.Instance));

    /// <summary>Reads a change directory, or a tree without marks.</summary>
    public static ModelLayer Read(string directory) => Read(directory, []);

    private static void Write(ModelLayer layer, string directory, Dictionary<object, string> groups)
    {
        foreach ((string name, ModelChange change) in layer.Children)
        {
            string path = $"{directory}/{name}";
            switch (change)
            {
                case ModelWhiteout:
                    Files.MakeWhiteout(Files.Anywhere, path);
                    Files.SetAttribute(Files.Anywhere, directory, OverlayMarks.Namespace + ".overlay.origin", []);
                    break;
                case ModelLayer child:
                    Files.MakeDirectory(Files.Anywhere, path, 0x1c0);
                    Write(child, path, groups);
                    break;
                case ModelPut { File: { } file }:
                    Write(file, path, groups);
                    break;
            }
        }
        if (layer.IsOpaque)
        {
            Files.SetAttribute(Files.Anywhere, directory, OverlayMarks.Namespace + ".overlay.opaque", "y"u8);
        }
        Finish(layer.Metadata, directory, FileKind.Directory);
    }

    private static void Write(ModelFile file, string path, Dictionary<object, string> groups)
    {
        if (file.Group is { } group && !groups.TryAdd(group, path))
        {
            Files.Link(Files.Anywhere, groups[group], Files.Anywhere, path);
            return;
        }
        switch (file.Kind)
        {
            case FileKind.Regular:
                File.WriteAllText(path, file.Content);
                break;
            case FileKind.Symlink:
                Files.MakeSymlink(Files.Anywhere, path, file.Content);
                break;
            default:
                string[] device = file.Kind is FileKind.CharacterDevice or FileKind.BlockDevice ? file.Content.Split(',') : ["0", "0"];
                Files.MakeNode(
                    Files.Anywhere, path, file.Kind, file.Metadata.Mode, ulong.Parse(device[0], CultureInfo.InvariantCulture),
                    ulong.Parse(device[1], CultureInfo.InvariantCulture));
                break;
        }
        Finish(file.Metadata, path, file.Kind);
    }

    private static void Finish(ModelMetadata metadata, string path, FileKind kind)
    {
        Files.SetOwner(Files.Anywhere, path, new FileOwner(metadata.Uid, metadata.Gid));
        if (kind != FileKind.Symlink)
        {
            Files.SetMode(Files.Anywhere, path, metadata.Mode);
        }
        foreach ((string name, string value) in metadata.Attributes)
        {
            Files.SetAttribute(Files.Anywhere, path, name, Convert.FromHexString(value));
        }
        Files.SetTimes(Files.Anywhere, path, new FileTimes(metadata.ModifiedNanoseconds));
    }

    private static ModelLayer Read(string directory, Dictionary<ulong, object> groups)
    {
        ImmutableSortedDictionary<string, ModelChange> children = ModelLayer.Nothing.Children;
        using (SafeFileHandle handle = Files.OpenDirectory(directory))
        {
            foreach (string name in Files.Names(handle))
            {
                string path = $"{directory}/{name}";
                FileStatus status = Files.Status(handle, name);
                children = children.SetItem(name, status.IsWhiteout ? new ModelWhiteout() : status.IsDirectory ? Read(path, groups) : Put(path, status, groups));
            }
        }
        bool opaque = Files.TryAttribute(Files.Anywhere, directory, OverlayMarks.Namespace + ".overlay.opaque") is [(byte)'y'];
        return new ModelLayer(opaque, children, Metadata(directory, Files.Status(Files.Anywhere, directory)));
    }

    private static ModelPut Put(string path, FileStatus status, Dictionary<ulong, object> groups)
    {
        string content = status.Kind switch
        {
            FileKind.Regular => Encoding.UTF8.GetString(File.ReadAllBytes(path)),
            FileKind.Symlink => Files.ReadLink(Files.Anywhere, path),
            FileKind.CharacterDevice or FileKind.BlockDevice =>
                string.Create(CultureInfo.InvariantCulture, $"{status.DeviceMajor},{status.DeviceMinor}"),
            _ => "",
        };
        object? group = null;
        if (status.LinkCount > 1 && !groups.TryGetValue(status.Inode, out group))
        {
            groups.Add(status.Inode, group = new object());
        }
        return new ModelPut(new ModelFile(status.Kind, content, group, Metadata(path, status)));
    }

    private static ModelMetadata Metadata(string path, FileStatus status)
    {
        ImmutableSortedDictionary<string, string> attributes = ModelMetadata.NoAttributes;
        foreach (string name in Files.AttributeNames(Files.Anywhere, path)
            .Where(static name => !name.Contains(".overlay.", StringComparison.Ordinal) && name != "security.selinux"))
        {
            attributes = attributes.SetItem(name, Convert.ToHexString(Files.TryAttribute(Files.Anywhere, path, name)!));
        }
        return new ModelMetadata(status.Mode, status.Uid, status.Gid, status.ModifiedNanoseconds, attributes);
    }
}
