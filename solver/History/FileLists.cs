using Cairn.Cache.Checksums;
using Cairn.Snapshotter.Trees;

namespace Cairn.Solver.History;

/// <summary>Lists of files in compact form: in path order, each path without what it shares with the one before.</summary>
internal static class FileLists
{
    private const byte Version = 1;

    public static void Write(BinaryWriter writer, IEnumerable<ContentFile> files)
    {
        writer.Write(Version);
        string before = "";
        foreach (ContentFile file in files)
        {
            int shared = SharedLength(before, file.Path);
            writer.Write((byte)(1 + (int)file.Kind));
            writer.Write7BitEncodedInt(shared);
            writer.Write(file.Path[shared..]);
            writer.Write7BitEncodedInt64(file.Mode);
            writer.Write7BitEncodedInt64(file.Uid);
            writer.Write7BitEncodedInt64(file.Gid);
            writer.Write7BitEncodedInt64(file.Size);
            if (file.Kind == FileKind.Symlink)
            {
                writer.Write(file.LinkTarget);
            }

            writer.Write((byte)file.Hash.Length);
            writer.Write(file.Hash.Span);
            before = file.Path;
        }

        writer.Write((byte)0);
    }

    public static IReadOnlyList<ContentFile>? Read(BinaryReader reader)
    {
        if (reader.ReadByte() != Version)
        {
            return null;
        }

        List<ContentFile> files = [];
        string before = "";
        for (int kind; (kind = reader.ReadByte()) != 0;)
        {
            string path = string.Concat(before.AsSpan(0, reader.Read7BitEncodedInt()), reader.ReadString());
            files.Add(new ContentFile
            {
                Path = path,
                Kind = (FileKind)(kind - 1),
                Mode = (uint)reader.Read7BitEncodedInt64(),
                Uid = (uint)reader.Read7BitEncodedInt64(),
                Gid = (uint)reader.Read7BitEncodedInt64(),
                Size = reader.Read7BitEncodedInt64(),
                LinkTarget = kind - 1 == (int)FileKind.Symlink ? reader.ReadString() : "",
                Hash = reader.ReadBytes(reader.ReadByte()),
            });
            before = path;
        }

        return files;
    }

    // Not within a pair of surrogates: each part is written as UTF-8 of its own.
    private static int SharedLength(string before, string path)
    {
        int length = before.AsSpan().CommonPrefixLength(path);
        return length > 0 && char.IsHighSurrogate(path[length - 1]) ? length - 1 : length;
    }
}
