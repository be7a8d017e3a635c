using System.Buffers;
using System.Globalization;
using System.Text;
using Cairn.Llb;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Tars;

/// <summary>Writes an archive in the pax format: plain ustar headers, and pax records only for what these cannot hold.</summary>
internal sealed class TarWriter : IDisposable
{
    private const int BufferSize = 128 * 1024;

    private readonly Stream _stream;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private readonly byte[] _block = new byte[TarFormat.BlockSize];

    public TarWriter(Stream stream) => _stream = new BufferedStream(new Compression.UndisposedStream(stream), BufferSize);

    /// <summary>Writes a member.</summary>
    /// <param name="entry">Its header; paths of directories get their slash here.</param>
    /// <param name="content">Open at its start for a regular file that is not empty, else null.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    public void Write(TarEntry entry, SafeFileHandle? content, CancellationToken cancellationToken)
    {
        byte[] path = PathText.Encode(entry.Kind == FileKind.Directory ? entry.Path + "/" : entry.Path);
        byte[] link = PathText.Encode(entry.HardLink ?? entry.Target);
        long size = entry is { Kind: FileKind.Regular, HardLink: null } ? entry.Size : 0;
        var records = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        Span<byte> block = _block;
        block.Clear();

        if (!PutPath(block, path))
        {
            records.Add("path", path);
            path.AsSpan(0, 100).CopyTo(block[TarFormat.Name]);
        }
        if (link.Length > 100)
        {
            records.Add("linkpath", link);
        }
        link.AsSpan(0, Math.Min(link.Length, 100)).CopyTo(block[TarFormat.LinkName]);
        TarFormat.PutOctal(block[TarFormat.Mode], entry.Mode);
        PutNumber(block[TarFormat.Uid], entry.Owner.Uid, "uid", records);
        PutNumber(block[TarFormat.Gid], entry.Owner.Gid, "gid", records);
        PutNumber(block[TarFormat.Size], size, "size", records);
        PutTime(block[TarFormat.Modified], entry.ModifiedNanoseconds, records);
        foreach ((string name, byte[] value) in entry.Attributes)
        {
            records.Add(TarFormat.AttributePrefix + EscapeKeyword(name), value);
        }
        block[TarFormat.Type] = TypeOf(entry);
        if (entry.Kind is FileKind.CharacterDevice or FileKind.BlockDevice && entry.HardLink is null)
        {
            TarFormat.PutOctal(block[TarFormat.DeviceMajor], (long)entry.DeviceMajor);
            TarFormat.PutOctal(block[TarFormat.DeviceMinor], (long)entry.DeviceMinor);
        }
        Seal(block);
        if (records.Count > 0)
        {
            WriteRecords(entry.Path, records);
        }
        _stream.Write(block);
        if (size > 0)
        {
            WriteContent(content!, entry.Path, size, cancellationToken);
        }
    }

    /// <summary>Writes the end mark: two blocks of zeros.</summary>
    public void Finish()
    {
        _stream.Write(new byte[2 * TarFormat.BlockSize]);
        _stream.Flush();
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private static byte TypeOf(TarEntry entry) => entry.HardLink is not null ? (byte)'1' : entry.Kind switch
    {
        FileKind.Regular => (byte)'0',
        FileKind.Symlink => (byte)'2',
        FileKind.CharacterDevice => (byte)'3',
        FileKind.BlockDevice => (byte)'4',
        FileKind.Directory => (byte)'5',
        FileKind.Fifo => (byte)'6',
        _ => throw new BuildException(ErrorKind.Internal, "write archive", entry.Path, $"a {entry.Kind} has no place in an archive"),
    };

    // Up to 100 bytes fit the name; a longer path may be split at a slash into a prefix of up to 155 bytes and a name.
    private static bool PutPath(Span<byte> block, ReadOnlySpan<byte> path)
    {
        if (path.Length <= 100)
        {
            path.CopyTo(block[TarFormat.Name]);
            return true;
        }
        if (path.Length > 256)
        {
            return false;
        }
        int slash = path[..Math.Min(156, path.Length - 1)].LastIndexOf((byte)'/');
        if (slash <= 0 || path.Length - slash - 1 > 100)
        {
            return false;
        }
        path[..slash].CopyTo(block[TarFormat.Prefix]);
        path[(slash + 1)..].CopyTo(block[TarFormat.Name]);
        return true;
    }

    private static void PutNumber(Span<byte> field, long value, string keyword, SortedDictionary<string, byte[]> records)
    {
        if (value > TarFormat.OctalLimit(field.Length))
        {
            records.Add(keyword, Ascii(value.ToString(CultureInfo.InvariantCulture)));
            value = 0;
        }
        TarFormat.PutOctal(field, value);
    }

    private static void PutTime(Span<byte> field, long nanoseconds, SortedDictionary<string, byte[]> records)
    {
        long seconds = Math.DivRem(nanoseconds, 1_000_000_000, out long rest);
        bool fits = seconds >= 0 && nanoseconds >= 0 && seconds <= TarFormat.OctalLimit(field.Length);
        if (rest != 0 || !fits)
        {
            records.Add("mtime", Ascii(TarFormat.PaxTime(nanoseconds)));
        }
        TarFormat.PutOctal(field, fits ? seconds : 0);
    }

    // A keyword ends at the first "=": GNU tar's way to have one in the name.
    private static string EscapeKeyword(string name) => name.Contains('=', StringComparison.Ordinal)
        ? name.Replace("%", "%25", StringComparison.Ordinal).Replace("=", "%3D", StringComparison.Ordinal)
        : name;

    private static void Seal(Span<byte> block)
    {
        "ustar\000"u8.CopyTo(block[TarFormat.Magic]);
        TarFormat.PutOctal(block[148..155], TarFormat.Sum(block).Unsigned);   // six digits and a NUL, then a space
        block[155] = (byte)' ';
    }

    private static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);

    private void WriteRecords(string path, SortedDictionary<string, byte[]> records)
    {
        var content = new MemoryStream();
        foreach ((string keyword, byte[] value) in records)
        {
            byte[] key = PathText.Encode(keyword);
            int rest = key.Length + value.Length + 3;   // space, equals sign, line feed
            int digits = 1;
            while ((rest + digits).ToString(CultureInfo.InvariantCulture).Length > digits)
            {
                digits++;
            }
            content.Write(Ascii((rest + digits).ToString(CultureInfo.InvariantCulture) + " "));
            content.Write(key);
            content.WriteByte((byte)'=');
            content.Write(value);
            content.WriteByte((byte)'\n');
        }
        Span<byte> block = stackalloc byte[TarFormat.BlockSize];
        block.Clear();
        byte[] name = PathText.Encode("PaxHeaders.0/" + TreePath.Split(path).Name);
        name.AsSpan(0, Math.Min(name.Length, 100)).CopyTo(block[TarFormat.Name]);
        TarFormat.PutOctal(block[TarFormat.Mode], 0x1a4);
        TarFormat.PutOctal(block[TarFormat.Uid], 0);
        TarFormat.PutOctal(block[TarFormat.Gid], 0);
        TarFormat.PutOctal(block[TarFormat.Size], content.Length);
        TarFormat.PutOctal(block[TarFormat.Modified], 0);
        block[TarFormat.Type] = (byte)'x';
        Seal(block);
        _stream.Write(block);
        content.WriteTo(_stream);
        Pad(content.Length);
    }

    private void WriteContent(SafeFileHandle content, string path, long size, CancellationToken cancellationToken)
    {
        long offset = 0;
        while (offset < size)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int read = RandomAccess.Read(content, _buffer.AsSpan(0, (int)Math.Min(_buffer.Length, size - offset)), offset);
            if (read == 0)
            {
                throw new BuildException(ErrorKind.Input, "archive", path, $"the file shrank from {size} to {offset} bytes while it was read");
            }
            _stream.Write(_buffer, 0, read);
            offset += read;
        }
        Pad(size);
    }

    private void Pad(long length)
    {
        int rest = (int)(length % TarFormat.BlockSize);
        if (rest != 0)
        {
            Span<byte> zeros = stackalloc byte[TarFormat.BlockSize];
            zeros.Clear();
            _stream.Write(zeros[rest..]);
        }
    }
}
