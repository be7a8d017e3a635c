using System.Buffers;
using System.Buffers.Binary;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Manifests;

/// <summary>
/// The stored form of a manifest: a version byte, then each entry with its children after it. Numbers are in groups of seven bits, the lowest
/// first; texts and values follow their length.
/// </summary>
internal static class ManifestEncoding
{
    private const byte Version = 1;

    // The head of an entry: kind in the low three bits, operation in the next two, then what is there.
    private const int OperationShift = 3;
    private const byte HasAttributes = 0x20;
    private const byte HasLinkGroup = 0x40;

    public static byte[] Write(ChangeEntry root)
    {
        var output = new ArrayBufferWriter<byte>(4096);
        output.Write([Version]);
        Write(output, root);
        return output.WrittenSpan.ToArray();
    }

    public static ChangeEntry Read(ReadOnlySpan<byte> content)
    {
        var input = new Input(content);
        if (input.Byte() != Version)
        {
            throw new InvalidDataException("the manifest has another version");
        }
        ChangeEntry root = Read(ref input);
        return input.IsAtEnd ? root : throw new InvalidDataException("the manifest goes on after its end");
    }

    private static void Write(ArrayBufferWriter<byte> output, ChangeEntry entry)
    {
        int head = (int)entry.Kind | ((int)entry.Operation << OperationShift)
            | (entry.Attributes.Count > 0 ? HasAttributes : 0) | (entry.LinkGroup > 0 ? HasLinkGroup : 0);
        output.Write([(byte)head]);
        WriteText(output, entry.Name);
        if (entry.IsWhiteout)
        {
            return;
        }
        WriteNumber(output, entry.Mode);
        WriteNumber(output, entry.Uid);
        WriteNumber(output, entry.Gid);
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(8), entry.ModifiedNanoseconds);
        output.Advance(8);
        switch (entry.Kind)
        {
            case FileKind.Regular:
                WriteNumber(output, (ulong)entry.Size);
                break;
            case FileKind.Symlink:
                WriteText(output, entry.LinkTarget);
                break;
            case FileKind.CharacterDevice or FileKind.BlockDevice:
                WriteNumber(output, entry.DeviceMajor);
                WriteNumber(output, entry.DeviceMinor);
                break;
        }
        if (entry.LinkGroup > 0)
        {
            WriteNumber(output, (ulong)entry.LinkGroup);
        }
        if (entry.Attributes.Count > 0)
        {
            WriteNumber(output, (ulong)entry.Attributes.Count);
            foreach ((string name, byte[] value) in entry.Attributes)
            {
                WriteText(output, name);
                WriteNumber(output, (ulong)value.Length);
                output.Write(value);
            }
        }
        if (entry.Kind == FileKind.Directory)
        {
            WriteNumber(output, (ulong)entry.Children.Count);
            foreach (ChangeEntry child in entry.Children)
            {
                Write(output, child);
            }
        }
    }

    private static ChangeEntry Read(ref Input input)
    {
        byte head = input.Byte();
        var kind = (FileKind)(head & 7);
        var operation = (ChangeOperation)((head >> OperationShift) & 3);
        if (kind > FileKind.Socket || operation > ChangeOperation.Opaque || (head & 0x80) != 0)
        {
            throw new InvalidDataException("the manifest has an entry of no known kind");
        }
        string name = input.Text();
        if (operation == ChangeOperation.Whiteout)
        {
            return new ChangeEntry { Name = name, Kind = kind, Operation = operation };
        }
        uint mode = (uint)input.Number();
        uint uid = (uint)input.Number();
        uint gid = (uint)input.Number();
        long modified = BinaryPrimitives.ReadInt64LittleEndian(input.Bytes(8));
        bool isDevice = kind is FileKind.CharacterDevice or FileKind.BlockDevice;
        long size = kind == FileKind.Regular ? (long)input.Number() : 0;
        string target = kind == FileKind.Symlink ? input.Text() : "";
        ulong major = isDevice ? input.Number() : 0;
        ulong minor = isDevice ? input.Number() : 0;
        int group = (head & HasLinkGroup) != 0 ? (int)Math.Min(input.Number(), int.MaxValue) : 0;
        KeyValuePair<string, byte[]>[] attributes = (head & HasAttributes) != 0 ? new KeyValuePair<string, byte[]>[input.Count()] : [];
        for (int i = 0; i < attributes.Length; i++)
        {
            string attribute = input.Text();
            attributes[i] = new KeyValuePair<string, byte[]>(attribute, input.Bytes(input.Count()).ToArray());
        }
        ChangeEntry[] children = kind == FileKind.Directory ? new ChangeEntry[input.Count()] : [];
        for (int i = 0; i < children.Length; i++)
        {
            children[i] = Read(ref input);
        }
        return new ChangeEntry
        {
            Name = name, Operation = operation, Kind = kind, Mode = mode, Uid = uid, Gid = gid, Size = size, DeviceMajor = major,
            DeviceMinor = minor, ModifiedNanoseconds = modified, LinkTarget = target, LinkGroup = group, Attributes = attributes,
            Children = children,
        };
    }

    private static void WriteText(ArrayBufferWriter<byte> output, string text)
    {
        Span<byte> bytes = stackalloc byte[256];
        if (PathText.GetMaxByteCount(text.Length) <= bytes.Length)
        {
            bytes = bytes[..PathText.Encode(text, bytes)];
        }
        else
        {
            bytes = PathText.Encode(text);
        }
        WriteNumber(output, (ulong)bytes.Length);
        output.Write(bytes);
    }

    private static void WriteNumber(ArrayBufferWriter<byte> output, ulong number)
    {
        Span<byte> bytes = output.GetSpan(10);
        int length = 0;
        for (; number >= 0x80; number >>= 7)
        {
            bytes[length++] = (byte)(number | 0x80);
        }
        bytes[length++] = (byte)number;
        output.Advance(length);
    }

    // Every count is smaller than what is left, so damaged ones cannot make anything large.
    private ref struct Input(ReadOnlySpan<byte> content)
    {
        private ReadOnlySpan<byte> _rest = content;

        public readonly bool IsAtEnd => _rest.IsEmpty;

        public byte Byte() => Bytes(1)[0];

        public ReadOnlySpan<byte> Bytes(int count)
        {
            if (count > _rest.Length)
            {
                throw new InvalidDataException("the manifest is cut short");
            }
            ReadOnlySpan<byte> bytes = _rest[..count];
            _rest = _rest[count..];
            return bytes;
        }

        public ulong Number()
        {
            ulong number = 0;
            for (int shift = 0; shift < 64; shift += 7)
            {
                byte next = Byte();
                number |= (ulong)(next & 0x7f) << shift;
                if (next < 0x80)
                {
                    return number;
                }
            }
            throw new InvalidDataException("the manifest has a number without end");
        }

        public int Count()
        {
            ulong count = Number();
            return count <= (ulong)_rest.Length ? (int)count : throw new InvalidDataException("the manifest is cut short");
        }

        public string Text() => PathText.Decode(Bytes(Count()));
    }
}
