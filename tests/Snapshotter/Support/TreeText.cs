using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Tests.Support;

/// <summary>A tree as text, one line per entry, with everything that a user of the tree can see.</summary>
public static class TreeText
{
    public static string Of(RootedTree tree, bool directoryTimes = true)
    {
        var text = new StringBuilder();
        var linked = new Dictionary<(ulong, ulong), string>();
        using var walk = new TreeWalk(tree, "/");
        walk.MoveNext();
        while (walk.MoveNext())
        {
            TreeEntry entry = walk.Current;
            FileStatus status = entry.Status;
            string time = status.IsWhiteout || (status.IsDirectory && !directoryTimes) ? "-" : status.ModifiedNanoseconds.ToString(CultureInfo.InvariantCulture);
            text.Append(CultureInfo.InvariantCulture,
                $"{Escape(entry.Path)} {status.Kind} {Convert.ToString(status.Mode, 8)} {status.Uid}:{status.Gid} {time}");
            switch (status.Kind)
            {
                case FileKind.Regular:
                    using (Stream stream = tree.OpenRead(entry.Path))
                    {
                        text.Append(CultureInfo.InvariantCulture, $" {status.Size} {Convert.ToHexStringLower(SHA256.HashData(stream))[..12]}");
                    }
                    break;
                case FileKind.Symlink:
                    text.Append(" -> ").Append(Escape(walk.ReadCurrentLink()));
                    break;
                case FileKind.CharacterDevice or FileKind.BlockDevice:
                    text.Append(CultureInfo.InvariantCulture, $" {status.DeviceMajor},{status.DeviceMinor}");
                    break;
            }
            foreach ((string name, byte[] value) in walk.ReadCurrentAttributes())
            {
                text.Append(CultureInfo.InvariantCulture, $" {name}={Convert.ToHexString(value)}");
            }
            if (!status.IsDirectory && !status.IsWhiteout && status.LinkCount > 1 && !linked.TryAdd(status.Identity, entry.Path))
            {
                text.Append(" = ").Append(Escape(linked[status.Identity]));
            }
            text.Append('\n');
        }
        return text.ToString();
    }

    public static string Names(RootedTree tree)
    {
        var names = new List<string>();
        using var walk = new TreeWalk(tree, "/");
        walk.MoveNext();
        while (walk.MoveNext())
        {
            FileStatus status = walk.Current.Status;
            names.Add((status.IsWhiteout ? "-" : "") + walk.Current.Path[1..] + (status.IsDirectory ? "/" : ""));
        }
        return string.Join(' ', names);
    }

    private static string Escape(string text) =>
        string.Concat(text.Select(static c => char.IsSurrogate(c) || c < ' ' ? $"\\u{(int)c:x4}" : c.ToString()));
}
