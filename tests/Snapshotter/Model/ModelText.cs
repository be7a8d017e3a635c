using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Tests.Model;

/// <summary>A tree of the model as the text that <see cref="Support.TreeText"/> makes of a real one.</summary>
public static class ModelText
{
    public static string Of(ModelDirectory tree)
    {
        var text = new StringBuilder();
        Write(tree, "", text, new Dictionary<object, string>(ReferenceEqualityComparer.Instance));
        return text.ToString();
    }

    private static void Write(ModelDirectory directory, string path, StringBuilder text, Dictionary<object, string> groups)
    {
        foreach ((string name, ModelNode node) in directory.Children)
        {
            string at = $"{path}/{name}";
            FileKind kind = node is ModelFile file ? file.Kind : FileKind.Directory;
            ModelMetadata metadata = node.Metadata;
            text.Append(CultureInfo.InvariantCulture,
                $"{at} {kind} {Convert.ToString(metadata.Mode, 8)} {metadata.Uid}:{metadata.Gid} {metadata.ModifiedNanoseconds}");
            string content = (node as ModelFile)?.Content ?? "";
            text.Append(kind switch
            {
                FileKind.Regular => string.Create(
                    CultureInfo.InvariantCulture,
                    $" {Encoding.UTF8.GetByteCount(content)} {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)))[..12]}"),
                FileKind.Symlink => $" -> {content}",
                FileKind.CharacterDevice or FileKind.BlockDevice => $" {content}",
                _ => "",
            });
            foreach ((string attribute, string value) in metadata.Attributes)
            {
                text.Append(CultureInfo.InvariantCulture, $" {attribute}={value}");
            }
            if ((node as ModelFile)?.Group is { } group && !groups.TryAdd(group, at))
            {
                text.Append(" = ").Append(groups[group]);
            }
            text.Append('\n');
            if (node is ModelDirectory child)
            {
                Write(child, at, text, groups);
            }
        }
    }
}
