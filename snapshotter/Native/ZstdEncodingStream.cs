using System.Runtime.InteropServices;
using Cairn.Llb;

namespace Cairn.Snapshotter.Native;

/// <summary>Writes one zstd frame. The work is cut into jobs of fixed size, so the bytes do not depend on the number of cores.</summary>
internal sealed unsafe class ZstdEncodingStream : Stream
{
    private const int Workers = 2;
    private const int JobSize = 4 << 20;

    private readonly Stream _sink;
    private readonly nint _context;
    private readonly byte[] _output = new byte[128 * 1024];
    private bool _disposed;

    public ZstdEncodingStream(Stream sink, int level)
    {
        _sink = sink;
        _context = Libzstd.ZSTD_createCCtx();
        Check(Libzstd.ZSTD_CCtx_setParameter(_context, Libzstd.ZSTD_c_compressionLevel, level));
        Check(Libzstd.ZSTD_CCtx_setParameter(_context, Libzstd.ZSTD_c_nbWorkers, Workers));
        Check(Libzstd.ZSTD_CCtx_setParameter(_context, Libzstd.ZSTD_c_jobSize, JobSize));
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => !_disposed;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        fixed (byte* start = buffer)
        {
            var input = new CodecBuffer { start = start, size = (nuint)buffer.Length };
            while (input.pos < input.size)
            {
                Step(&input, Libzstd.ZSTD_e_continue);
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    // Flushing would cut a block, and so change the bytes.
    public override void Flush()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (_disposed)
        {
            return;
        }
        _disposed = true;
        try
        {
            if (disposing)
            {
                CodecBuffer nothing = default;
                while (Step(&nothing, Libzstd.ZSTD_e_end) != 0)
                {
                }
            }
        }
        finally
        {
            Libzstd.ZSTD_freeCCtx(_context);
            base.Dispose(disposing);
        }
    }

    private nuint Step(CodecBuffer* input, int operation)
    {
        nuint left;
        int length;
        fixed (byte* start = _output)
        {
            var output = new CodecBuffer { start = start, size = (nuint)_output.Length };
            left = Check(Libzstd.ZSTD_compressStream2(_context, &output, input, operation));
            length = (int)output.pos;
        }
        _sink.Write(_output, 0, length);
        return left;
    }

    private static nuint Check(nuint result) => Libzstd.ZSTD_isError(result) == 0
        ? result
        : throw new BuildException(
            ErrorKind.Internal, "compress", "zstd stream", Marshal.PtrToStringUTF8((nint)Libzstd.ZSTD_getErrorName(result)) ?? "error");
}
