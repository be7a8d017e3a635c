using System.Runtime.InteropServices;
using Cairn.Snapshotter.Trees;

namespace Cairn.Solver.Sources;

/// <summary>The entries of one sync in bytes: equal entries, equal bytes. Paths are written as what differs from the path before.</summary>
internal static class LocalManifest
{
    private const byte Version = 1;

    public static byte[] Encode(IReadOnlyList<LocalRecord> records)
    {
        using var bytes = new MemoryStream(records.Count * 64);
        using var writer = new BinaryWriter(bytes);
        writer.Write(Version);
        writer.Write7BitEncodedInt(records.Count);
        string before = "";
        foreach (LocalRecord record in records)
        {
            int shared = before.AsSpan().CommonPrefixLength(record.Path);
            writer.Write7BitEncodedInt(shared);
            WriteText(writer, record.Path.AsSpan(shared));
            writer.Write((byte)record.Kind);
            writer.Write7BitEncodedInt((int)record.Mode);
            writer.Write(record.Uid);
            writer.Write(record.Gid);
            writer.Write7BitEncodedInt64(record.Size);
            writer.Write(record.ModifiedNanoseconds);
            writer.Write7BitEncodedInt64((long)record.DeviceMajor);
            writer.Write7BitEncodedInt64((long)record.DeviceMinor);
            WriteText(writer, record.LinkTarget);
            WriteText(writer, record.Attributes);
            writer.Write(record.Inode);
            writer.Write(record.Device);
            writer.Write(record.ChangedNanoseconds);
            before = record.Path;
        }

        writer.Flush();
        return bytes.ToArray();
    }

    /// <summary>Null if the bytes are not of this version: then everything is taken as new.</summary>
    public static List<LocalRecord>? TryDecode(byte[] manifest)
    {
        using var reader = new BinaryReader(new MemoryStream(manifest, writable: false));
        try
        {
            if (reader.ReadByte() != Version)
            {
                return null;
            }

            var records = new List<LocalRecord>(reader.Read7BitEncodedInt());
            string before = "";
            for (int i = records.Capacity; i > 0; i--)
            {
                before = string.Concat(before.AsSpan(0, reader.Read7BitEncodedInt()), ReadText(reader));
                records.Add(new LocalRecord(
                    before, (FileKind)reader.ReadByte(), (uint)reader.Read7BitEncodedInt(), reader.ReadUInt32(), reader.ReadUInt32(),
                    reader.Read7BitEncodedInt64(), reader.ReadInt64(), (ulong)reader.Read7BitEncodedInt64(), (ulong)reader.Read7BitEncodedInt64(),
                    ReadText(reader), ReadText(reader), reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadInt64()));
            }

            return records;
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    /// <summary>Code units as they are: names need not be valid text, and no encoder keeps what stands for their bytes.</summary>
    private static void WriteText(BinaryWriter writer, ReadOnlySpan<char> text)
    {
        writer.Write7BitEncodedInt(text.Length);
        writer.Write(MemoryMarshal.AsBytes(text));
    }

    private static string ReadText(BinaryReader reader)
    {
        int length = reader.Read7BitEncodedInt();
        byte[] bytes = reader.ReadBytes(checked(length * sizeof(char)));
        return bytes.Length == length * sizeof(char) ? new string(MemoryMarshal.Cast<byte, char>(bytes)) : throw new EndOfStreamException();
    }
}
