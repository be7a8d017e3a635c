using System.Buffers;
using System.IO.Pipelines;
using Cairn.Rpc.Hpack;

namespace Cairn.Rpc.Http2;

/// <summary>One request with its response. The fields marked so belong to the connection's lock.</summary>
internal sealed class Http2Stream
{
    private static readonly PipeOptions Unbounded = new(
        pauseWriterThreshold: 0, resumeWriterThreshold: 0, minimumSegmentSize: 16 << 10, useSynchronizationContext: false);

    private readonly Http2Connection _connection;
    private readonly Pipe _pipe = new(Unbounded);   // the flow-control window bounds it
    private readonly Lock _writing = new();   // for the pipe's writing end: the reading loop fills it, anybody may end it
    private bool _hasEnded;
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<HeaderBlock> _headers = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Http2Stream(Http2Connection connection, int id, long sendWindow, long receiveWindow)
    {
        _connection = connection;
        Id = id;
        SendWindow = sendWindow;
        ReceiveWindow = receiveWindow;
        Input = new StreamInput(_pipe.Reader, this);
    }

    public int Id { get; }

    /// <summary>What the peer sends. It ends, or fails with <see cref="Http2ResetException"/> or <see cref="Http2ClosedException"/>.</summary>
    public PipeReader Input { get; }

    /// <summary>The peer's first header block: the request's at a server, the response's (after informational ones) at a client.</summary>
    public Task<HeaderBlock> Headers => _headers.Task;

    /// <summary>The peer's last header block; null if it sent none. Valid when <see cref="Input"/> has ended.</summary>
    public HeaderBlock? Trailers { get; private set; }

    /// <summary>Completes when the stream is reset or the connection lost; never if it ends as it should.</summary>
    public Task Gone => _gone.Task;

    // The connection's lock guards all from here to Unreturned.
    public long SendWindow { get; set; }

    public long ReceiveWindow { get; set; }

    public bool HasLocalEnd { get; set; }

    public bool HasRemoteEnd { get; set; }

    public Exception? Failure { get; set; }

    public Waiters Blocked { get; } = new();

    /// <summary>Octets the consumer has looked at and the stream's window has not got back.</summary>
    public int Owed { get; set; }

    /// <summary>Octets the connection's window has not got back.</summary>
    public int Unreturned { get; set; }

    // The reading loop owns these two.
    public long? DeclaredLength { get; set; }

    public long ReceivedLength { get; set; }

    /// <summary>Sends one header block. Without <paramref name="flush"/> it leaves with what is written next.</summary>
    public void WriteHeaders(IReadOnlyList<HeaderField> fields, bool end, bool flush) =>
        _connection.WriteHeaders(this, fields, end, flush);

    /// <summary>Sends octets as the windows allow. Cancelling after the first of them resets the stream.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> octets, bool end, bool flush, CancellationToken cancellationToken) =>
        WriteAsync(default, octets, end, flush, cancellationToken);

    /// <summary>Sends what stands in two places as one.</summary>
    public ValueTask WriteAsync(
        ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body, bool end, bool flush, CancellationToken cancellationToken) =>
        _connection.WriteDataAsync(this, head, body, end, flush, cancellationToken);

    /// <summary>Sends headers that were left to leave with something else.</summary>
    public void Flush() => _connection.Flush();

    /// <summary>Ends the stream in both directions; nothing happens if it has ended.</summary>
    public void Reset(Http2ErrorCode code) => _connection.Reset(this, code);

    /// <summary>Lets go of what was not read.</summary>
    public void Discard() => _connection.GiveBack(this, int.MaxValue);

    public void GiveBack(int octets) => _connection.GiveBack(this, octets);

    // The reading loop calls the rest.
    public void Receive(ReadOnlySpan<byte> octets)
    {
        lock (_writing)
        {
            if (!_hasEnded)
            {
                _pipe.Writer.Write(octets);
                ValueTask<FlushResult> flushed = _pipe.Writer.FlushAsync();
                if (!flushed.IsCompleted)
                {
                    throw new InvalidOperationException("a pipe without a threshold has paused");
                }
            }
        }
    }

    public void ReceiveHeaders(HeaderBlock block) => _headers.TrySetResult(block);

    public void ReceiveEnd(HeaderBlock? trailers)
    {
        lock (_writing)
        {
            Trailers = trailers;
            End(null);
        }
    }

    /// <summary>Tells everybody who waits on this stream that it is over.</summary>
    public void Abort(Exception failure)
    {
        if (_headers.TrySetException(failure))
        {
            _ = _headers.Task.Exception;   // observed: not everybody awaits headers
        }

        lock (_writing)
        {
            End(failure);
        }

        _gone.TrySetResult();
    }

    private void End(Exception? failure)
    {
        if (!_hasEnded)
        {
            _hasEnded = true;
            _pipe.Writer.Complete(failure);
        }
    }
}
