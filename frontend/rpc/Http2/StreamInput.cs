using System.Buffers;
using System.IO.Pipelines;

namespace Cairn.Rpc.Http2;

/// <summary>What has arrived on a stream. Looking at octets gives the peer its window back, so a message larger than the window can be awaited whole.</summary>
/// <remarks>For one reader at a time.</remarks>
internal sealed class StreamInput(PipeReader pipe, Http2Stream stream) : PipeReader
{
    private ReadOnlySequence<byte> _buffer;
    private long _examinedAhead;   // looked at and left in the pipe

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        Keep(await pipe.ReadAsync(cancellationToken));

    public override bool TryRead(out ReadResult result)
    {
        if (!pipe.TryRead(out result))
        {
            return false;
        }

        Keep(result);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        long taken = _buffer.Slice(_buffer.Start, consumed).Length;
        long seen = Math.Max(taken, _buffer.Slice(_buffer.Start, examined).Length);
        long fresh = seen - _examinedAhead;
        _examinedAhead = Math.Max(_examinedAhead, seen) - taken;
        _buffer = default;
        pipe.AdvanceTo(consumed, examined);
        if (fresh > 0)
        {
            stream.GiveBack((int)fresh);
        }
    }

    public override void CancelPendingRead() => pipe.CancelPendingRead();

    public override void Complete(Exception? exception = null) => pipe.Complete(exception);

    private ReadResult Keep(ReadResult result)
    {
        _buffer = result.Buffer;
        return result;
    }
}
