using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cairn.Llb;

namespace Cairn.Solver.Exporters;

/// <summary>A plain tar of an image layout: no owners, no times, so equal images are equal archives.</summary>
/// <remarks>Source: POSIX pax, "ustar Interchange Format"; sizes above 8 GiB in GNU's base-256 form.</remarks>
internal sealed class ArchiveWriter(Stream sink)
{
    private const int Block = 512;
    private const int BufferSize = 256 * 1024;
    private const uint FileMode = 0x1A4;   // 0644
    private const uint BlobMode = 0x124;   // 0444
    private const uint DirectoryMode = 0x1ED;   // 0755
    private const long LargestOctal = 0x1FFFFFFFF;   // eleven octal digits

    /// <summary>A directory; its name ends in a slash.</summary>
    public Task DirectoryAsync(string name, CancellationToken cancellationToken) => HeaderAsync(name, DirectoryMode, 0, '5', cancellationToken);

    /// <summary>A small file.</summary>
    public async Task FileAsync(string name, ReadOnlyMemory<byte> bytes, bool writable, CancellationToken cancellationToken)
    {
        await HeaderAsync(name, writable ? FileMode : BlobMode, bytes.Length, '0', cancellationToken);
        await sink.WriteAsync(bytes, cancellationToken);
        await PadAsync(bytes.Length, cancellationToken);
    }

    /// <summary>A blob, verified against its descriptor on the way; <c>written</c> receives the bytes of it so far.</summary>
    /// <exception cref="BuildException">The bytes are not those of the descriptor.</exception>
    public async Task BlobAsync(string name, Descriptor blob, Stream source, Action<long> written, CancellationToken cancellationToken)
    {
        await HeaderAsync(name, BlobMode, blob.Size, '0', cancellationToken);
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        long size = 0;
        try
        {
            for (int read; (read = await source.ReadAsync(buffer, cancellationToken)) > 0;)
            {
                size += read;
                if (size > blob.Size)
                {
                    break;
                }

                sha256.AppendData(buffer.AsSpan(0, read));
                await sink.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                written(size);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        var digest = Digest.FromHash(sha256);
        if (size != blob.Size || (digest != blob.Digest && blob.Digest.Algorithm == Digest.Sha256Algorithm))
        {
            throw new BuildException(
                ErrorKind.Environment, "export blob", blob.Digest.ToString(),
                string.Create(CultureInfo.InvariantCulture, $"the stored bytes are {size} bytes with digest {digest}, {blob.Size} were expected"),
                "Run cairn prune, and build again.");
        }

        await PadAsync(size, cancellationToken);
    }

    /// <summary>The two empty blocks at the end.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        await sink.WriteAsync(new byte[2 * Block], cancellationToken);
        await sink.FlushAsync(cancellationToken);
    }

    private async Task HeaderAsync(string name, uint mode, long size, char kind, CancellationToken cancellationToken)
    {
        byte[] header = new byte[Block];
        Encoding.ASCII.GetBytes(name, header);
        Octal(header.AsSpan(100, 8), mode);
        Octal(header.AsSpan(108, 8), 0);
        Octal(header.AsSpan(116, 8), 0);
        if (size <= LargestOctal)
        {
            Octal(header.AsSpan(124, 12), size);
        }
        else
        {
            header[124] = 0x80;
            System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(128, 8), size);
        }

        Octal(header.AsSpan(136, 12), 0);
        header[156] = (byte)kind;
        "ustar\000"u8.CopyTo(header.AsSpan(257));
        Octal(header.AsSpan(329, 8), 0);
        Octal(header.AsSpan(337, 8), 0);

        header.AsSpan(148, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte b in header)
        {
            sum += b;
        }

        Octal(header.AsSpan(148, 7), sum);
        await sink.WriteAsync(header, cancellationToken);
    }

    /// <summary>Digits with leading zeros and a final NUL.</summary>
    private static void Octal(Span<byte> field, long value)
    {
        field[^1] = 0;
        for (int i = field.Length - 2; i >= 0; i--, value >>= 3)
        {
            field[i] = (byte)('0' + (value & 7));
        }
    }

    private async Task PadAsync(long size, CancellationToken cancellationToken)
    {
        int rest = (int)(size % Block);
        if (rest > 0)
        {
            await sink.WriteAsync(new byte[Block - rest], cancellationToken);
        }
    }
}
