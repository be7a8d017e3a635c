using System.Buffers;
using System.IO.Pipelines;
using Cairn.Solver.Execution;

namespace Cairn.Frontend.Gateway.Images;

/// <summary>The standard streams of a process as one byte stream in both directions.</summary>
/// <param name="output">What it writes.</param>
/// <param name="live">What it reads goes here.</param>
internal sealed class FrontendStream(PipeReader output, LiveProcess live) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ReadResult read = await output.ReadAsync(cancellationToken);
        ReadOnlySequence<byte> part = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, buffer.Length));
        part.CopyTo(buffer.Span);
        output.AdvanceTo(part.End);
        return (int)part.Length;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!await live.WriteAsync(buffer, cancellationToken))
        {
            throw new IOException("the process reads no more");
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    // The end of this side is told to the process, so that it does not wait for more.
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            live.CloseInput();
            output.Complete();
        }

        base.Dispose(disposing);
    }
}
