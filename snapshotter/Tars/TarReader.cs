using System.Buffers;
using System.Globalization;
using Cairn.Llb;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Tars;

/// <summary>Reads archives of any of the usual kinds: v7, ustar, pax and GNU, with long names, sparse files and big numbers.</summary>
internal sealed partial class TarReader : IDisposable
{
    private const int BufferSize = 128 * 1024;
    private const long MaxHeaderContent = 16 << 20;   // of pax records or a long name: more is an attack
    private const long SparseThreshold = 1 << 20;

    private readonly Stream _stream;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private readonly byte[] _block = new byte[TarFormat.BlockSize];
    private readonly Dictionary<string, byte[]> _global = new(StringComparer.Ordinal);
    private long _left;      // content of the current member that was not read yet
    private int _padding;    // after it
    private IReadOnlyList<(long Offset, long Length)>? _sparse;
    private TarEntry? _current;

    public TarReader(Stream stream) => _stream = stream;

    /// <summary>Goes to the next member; null at the end.</summary>
    /// <exception cref="BuildException">The archive is damaged.</exception>
    public TarEntry? Next()
    {
        Skip(_left + _padding);
        _left = _padding = 0;
        _sparse = null;
        var records = new PaxRecords(_global);
        while (true)
        {
            if (!ReadBlock(mayEnd: true) || _block.AsSpan().IndexOfAnyExcept((byte)0) < 0)
            {
                return _current = null;
            }
            if (!TarFormat.IsHeader(_block))
            {
                throw Damaged("a header's checksum is wrong");
            }
            byte type = _block[TarFormat.Type];
            switch (type)
            {
                case (byte)'x' or (byte)'X':
                    records.Parse(ReadHeaderContent());
                    continue;
                case (byte)'g':
                    var global = new PaxRecords(_global);
                    global.Parse(ReadHeaderContent());
                    global.AddTo(_global);
                    continue;
                case (byte)'L':
                    records.Set("path", TarFormat.Text(ReadHeaderContent()).ToArray());
                    continue;
                case (byte)'K':
                    records.Set("linkpath", TarFormat.Text(ReadHeaderContent()).ToArray());
                    continue;
                case (byte)'V':
                    Skip(Pad(Number(TarFormat.Size)));   // the label of a volume
                    continue;
                default:
                    return _current = Member(type, records);
            }
        }
    }

    /// <summary>Writes the content of the current member into an empty file; long runs of zeros become holes.</summary>
    public void CopyContent(SafeFileHandle target, CancellationToken cancellationToken)
    {
        long size = _current!.Size;
        if (_sparse is null)
        {
            CopyRun(target, 0, size, size >= SparseThreshold, cancellationToken);
        }
        else
        {
            foreach ((long offset, long length) in _sparse)
            {
                CopyRun(target, offset, length, mayBeSparse: false, cancellationToken);
            }
        }
        if (_sparse is not null || size >= SparseThreshold)
        {
            Files.SetLength(target, size);
        }
    }

    /// <summary>Reads what follows the end mark, so that whoever hashes the stream has seen all of it.</summary>
    public void Drain()
    {
        while (Read(_buffer) > 0)
        {
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private TarEntry Member(byte type, PaxRecords records)
    {
        ReadOnlySpan<byte> block = _block;
        string path = records.Text("GNU.sparse.name") ?? records.Text("path") ?? HeaderPath(block);
        long stored = records.Number("size") ?? Number(TarFormat.Size);
        if (stored < 0)
        {
            throw Damaged($"{path} has a size below zero");
        }
        FileKind kind = KindOf(type, ref path);
        bool hasContent = kind == FileKind.Regular && type != (byte)'1';
        long size = hasContent ? stored : 0;
        _left = hasContent || type == (byte)'D' ? stored : 0;
        _padding = (int)(Pad(_left) - _left);
        if (type == (byte)'S')
        {
            (_sparse, size) = ReadOldSparseMap();
        }
        else if (hasContent && records.SparseMap(this) is { } map)
        {
            _sparse = map.Segments;
            size = map.Size;
        }
        string link = records.Text("linkpath") ?? PathText.Decode(TarFormat.Text(block[TarFormat.LinkName]));
        return new TarEntry
        {
            Path = path,
            Kind = kind,
            HardLink = type == (byte)'1' ? link : null,
            Target = type == (byte)'2' ? link : "",
            Mode = (uint)(Number(TarFormat.Mode) & 0xfff),
            Owner = new FileOwner(Id(records.Number("uid") ?? Number(TarFormat.Uid)), Id(records.Number("gid") ?? Number(TarFormat.Gid))),
            Size = size,
            ModifiedNanoseconds = records.Time("mtime") ?? Seconds(Number(TarFormat.Modified)),
            AccessedNanoseconds = records.Time("atime"),
            DeviceMajor = type is (byte)'3' or (byte)'4' ? (ulong)Number(TarFormat.DeviceMajor) : 0,
            DeviceMinor = type is (byte)'3' or (byte)'4' ? (ulong)Number(TarFormat.DeviceMinor) : 0,
            Attributes = records.Attributes(),
        };
    }

    private static FileKind KindOf(byte type, ref string path)
    {
        switch (type)
        {
            case (byte)'0' or 0 or (byte)'7' or (byte)'S' or (byte)'1':
                if (type != (byte)'1' && path.EndsWith('/'))
                {
                    return FileKind.Directory;   // how v7 archives say it
                }
                return FileKind.Regular;
            case (byte)'2':
                return FileKind.Symlink;
            case (byte)'3':
                return FileKind.CharacterDevice;
            case (byte)'4':
                return FileKind.BlockDevice;
            case (byte)'5' or (byte)'D':
                return FileKind.Directory;
            case (byte)'6':
                return FileKind.Fifo;
            default:
                throw Damaged(string.Create(CultureInfo.InvariantCulture, $"{path} is of an unknown type (code {type})"));
        }
    }

    // GNU archives use the space of the prefix for other things.
    private static string HeaderPath(ReadOnlySpan<byte> block)
    {
        string name = PathText.Decode(TarFormat.Text(block[TarFormat.Name]));
        bool hasPrefix = block[TarFormat.Magic][..6].SequenceEqual("ustar\0"u8);
        ReadOnlySpan<byte> prefix = hasPrefix ? TarFormat.Text(block[TarFormat.Prefix]) : [];
        return prefix.IsEmpty ? name : PathText.Decode(prefix) + "/" + name;
    }

    private void CopyRun(SafeFileHandle target, long offset, long length, bool mayBeSparse, CancellationToken cancellationToken)
    {
        for (long end = offset + length; offset < end;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int wanted = (int)Math.Min(_buffer.Length, end - offset);
            Span<byte> run = _buffer.AsSpan(0, wanted);
            ReadContent(run);
            if (!mayBeSparse || run.IndexOfAnyExcept((byte)0) >= 0)
            {
                Files.WriteAll(target, run, offset);
            }
            offset += wanted;
        }
    }

    private void ReadContent(Span<byte> buffer)
    {
        if (buffer.Length > _left)
        {
            throw Damaged($"{_current?.Path} is shorter than its map of data says");
        }
        ReadExactly(buffer);
        _left -= buffer.Length;
    }

    private byte[] ReadHeaderContent()
    {
        long size = Number(TarFormat.Size);
        if (size is < 0 or > MaxHeaderContent)
        {
            throw Damaged($"an extended header has {size} bytes");
        }
        byte[] content = new byte[size];
        ReadExactly(content);
        Skip(Pad(size) - size);
        return content;
    }

    private bool ReadBlock(bool mayEnd)
    {
        int read = 0;
        while (read < _block.Length)
        {
            int more = Read(_block.AsSpan(read));
            if (more == 0)
            {
                return read == 0 && mayEnd ? false : throw Damaged("it ends in the middle of a block");
            }
            read += more;
        }
        return true;
    }

    private void ReadExactly(Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int read = Read(buffer);
            if (read == 0)
            {
                throw Damaged(_current is null ? "it ends too early" : $"it ends in the middle of {_current.Path}");
            }
            buffer = buffer[read..];
        }
    }

    private void Skip(long length)
    {
        while (length > 0)
        {
            int wanted = (int)Math.Min(_buffer.Length, length);
            ReadExactly(_buffer.AsSpan(0, wanted));
            length -= wanted;
        }
    }

    private int Read(Span<byte> buffer)
    {
        try
        {
            return _stream.Read(buffer);
        }
        catch (InvalidDataException e)
        {
            throw new BuildException(ErrorKind.Input, "read", "archive", "its compression is damaged", null, e);
        }
    }

    private long Number(Range field) => TarFormat.TryNumber(_block.AsSpan(field), out long value)
        ? value
        : throw Damaged("a header has a number that is none");

    private static uint Id(long value) => value is >= 0 and <= uint.MaxValue
        ? (uint)value
        : throw Damaged(string.Create(CultureInfo.InvariantCulture, $"the user or group id {value} is out of range"));

    private static long Seconds(long value) => value > long.MaxValue / 1_000_000_000 - 1
        ? throw Damaged("a time is out of range")
        : value * 1_000_000_000;

    private static long Pad(long length) => (length + TarFormat.BlockSize - 1) / TarFormat.BlockSize * TarFormat.BlockSize;

    internal static BuildException Damaged(string reason) => new(ErrorKind.Input, "read", "archive", reason);
}
