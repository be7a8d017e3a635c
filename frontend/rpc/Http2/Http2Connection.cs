using System.Buffers.Binary;
using System.Diagnostics;
using Cairn.Rpc.Hpack;

namespace Cairn.Rpc.Http2;

/// <summary>One end of an HTTP/2 connection over any byte stream, with prior knowledge.</summary>
/// <remarks>
/// Source: RFC 9113. A reading loop handles frames as they come and never waits for a consumer. Writers append frames under the
/// lock; whoever finds nobody flushing writes out what has gathered, so calls at the same time share one write.
/// </remarks>
internal sealed partial class Http2Connection : IAsyncDisposable
{
    private const int DefaultWindow = 65_535;
    private const int DefaultMaxFrame = 16_384;
    private const int AssumedMaxStreams = 100;   // until the peer's settings say

    private static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(1);

    private readonly Stream _transport;
    private readonly bool _isClient;
    private readonly Http2Options _options;
    private readonly Func<Http2Stream, Task>? _serve;
    private readonly Patience _patience;
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;
    private readonly ITimer? _keepalive;

    private readonly Lock _gate = new();   // guards every field from here to _handlers
    private readonly Dictionary<int, Http2Stream> _streams = [];
    private readonly Waiters _slots = new();      // for a stream the peer allows
    private readonly Waiters _window = new();     // for the connection's send window
    private readonly Waiters _empty = new();      // for the last stream to end
    private readonly Dictionary<long, TaskCompletionSource> _pings = [];
    private readonly HpackEncoder _encoder = new();
    private Exception? _failure;
    private long _sendWindow = DefaultWindow;
    private long _receiveWindow;
    private int _owed;                  // octets to give back with the connection's next WINDOW_UPDATE
    private int _peerInitialWindow = DefaultWindow;
    private int _peerMaxFrame = DefaultMaxFrame;
    private long _peerMaxStreams = AssumedMaxStreams;
    private int _nextStream = 1;        // client: id of the next own stream
    private bool _hasPeerSettings;
    private int _lastPeerStream;        // server: highest id the peer has used
    private int _acceptUpTo = int.MaxValue;   // server: what the last GOAWAY said
    private bool _isPeerLeaving;        // client: a GOAWAY has come
    private int _handlers;              // server: running ones, those of reset streams included
    private long _nextPing = 1;

    private Http2Connection(Stream transport, bool isClient, Http2Options options, Func<Http2Stream, Task>? serve)
    {
        _transport = transport;
        _isClient = isClient;
        _options = options;
        _serve = serve;
        _patience = new Patience(options.Clock);
        _decoder = new HpackDecoder(HpackEncoder.DefaultTableSize);
        _receiveWindow = options.ConnectionWindow;
        _lastReceived = options.Clock.GetTimestamp();
        WriteGreeting();
        Flush();
        _reading = Task.Run(ReadAsync);
        if (options.KeepaliveInterval is { } interval)
        {
            _keepalive = options.Clock.CreateTimer(_ => KeepAlive(interval), null, interval, interval);
        }
    }

    /// <summary>Completes when the connection is gone, for whatever reason. Never fails.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Why the connection is gone; null while it is not.</summary>
    public Exception? Failure
    {
        get
        {
            lock (_gate)
            {
                return _failure;
            }
        }
    }

    /// <summary>The client's end. Owns the transport.</summary>
    public static Http2Connection OpenClient(Stream transport, Http2Options options) => new(transport, isClient: true, options, null);

    /// <summary>The server's end. Owns the transport. Each request is served on a thread of the pool, by a delegate that must not throw.</summary>
    public static Http2Connection OpenServer(Stream transport, Http2Options options, Func<Http2Stream, Task> serve) =>
        new(transport, isClient: false, options, serve);

    /// <summary>Opens a stream as soon as the peer allows one more. Its headers go out with the next flush.</summary>
    /// <exception cref="Http2ClosedException">The connection takes no new streams.</exception>
    public async ValueTask<Http2Stream> OpenStreamAsync(IReadOnlyList<HeaderField> headers, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task wait;
            lock (_gate)
            {
                if (_failure is not null || _isPeerLeaving || _nextStream < 0)
                {
                    _slots.WakeOne();   // the next in the queue must learn it too
                    throw new Http2ClosedException(
                        _failure?.Message ?? (_isPeerLeaving ? "the peer takes no new calls" : "the connection has used up its stream ids"), _failure);
                }

                if (_streams.Count < _peerMaxStreams)
                {
                    var stream = new Http2Stream(this, _nextStream, _peerInitialWindow, _options.StreamWindow);
                    _nextStream += 2;   // past the last id it becomes negative
                    _streams.Add(stream.Id, stream);
                    AppendHeaders(stream, headers, end: false);
                    return stream;
                }

                wait = _slots.Join().Task;
            }

            await wait.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Asks the peer for a sign of life.</summary>
    public async Task PingAsync(CancellationToken cancellationToken)
    {
        Task answered;
        lock (_gate)
        {
            answered = AppendPing();
        }

        Flush();
        await answered.WaitAsync(cancellationToken);
    }

    /// <summary>Takes no new streams and lets the open ones end; those that have not by the deadline are cut off.</summary>
    public async Task DrainAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        long start = _options.Clock.GetTimestamp();
        Task answered;
        lock (_gate)
        {
            if (_failure is not null)
            {
                return;
            }

            // The first GOAWAY promises nothing yet, so that streams already on their way are still taken.
            AppendGoAway(int.MaxValue, Http2ErrorCode.NoError, "");
            answered = AppendPing();
        }

        Flush();
        await WaitAsync(answered, TimeSpan.FromTicks(Math.Min(patience.Ticks, FarewellTime.Ticks)), cancellationToken);
        lock (_gate)
        {
            _acceptUpTo = _lastPeerStream;
            AppendGoAway(_lastPeerStream, Http2ErrorCode.NoError, "");
        }

        Flush();
        while (true)
        {
            Task wait;
            lock (_gate)
            {
                if (_streams.Count == 0 && _handlers == 0)
                {
                    break;
                }

                wait = _empty.Join().Task;
            }

            if (!await WaitAsync(wait, patience - _options.Clock.GetElapsedTime(start), cancellationToken))
            {
                break;
            }
        }

        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await LeaveAsync(Http2ErrorCode.NoError, "", new Http2ClosedException("the connection was closed on this side", null));
        await _reading;
        while (true)
        {
            Task wait;
            lock (_gate)
            {
                if (_handlers == 0)
                {
                    return;
                }

                wait = _empty.Join().Task;
            }

            await wait;
        }
    }

    // Says goodbye if the peer listens, then ends everything.
    private async Task LeaveAsync(Http2ErrorCode code, string reason, Exception failure)
    {
        lock (_gate)
        {
            if (_failure is null)
            {
                AppendGoAway(_isClient ? 0 : _lastPeerStream, code, reason);
            }
        }

        Flush();
        await WaitAsync(DrainOutputAsync(), FarewellTime, CancellationToken.None);
        Fail(failure);
    }

    // A client whose server is leaving goes as soon as its last call has ended; the server waits for that.
    private void LeaveAfterPeer()
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        if (_isPeerLeaving && _streams.Count == 0 && _failure is null)
        {
            _ = Task.Run(() => LeaveAsync(Http2ErrorCode.NoError, "", new Http2ClosedException("the peer has left", null)));
        }
    }

    private void Fail(Exception failure)
    {
        Http2Stream[] streams;
        lock (_gate)
        {
            if (_failure is not null)
            {
                return;
            }

            _failure = failure;
            streams = [.. _streams.Values];
            _streams.Clear();
            foreach (Http2Stream stream in streams)
            {
                stream.Failure ??= failure;
                stream.Blocked.WakeAll();
            }

            foreach (TaskCompletionSource ping in _pings.Values)
            {
                ping.TrySetResult();   // who waits for it looks at the failure
            }

            _pings.Clear();
            _slots.WakeAll();
            _window.WakeAll();
            _empty.WakeAll();
            _room.WakeAll();
        }

        _keepalive?.Dispose();
        foreach (Http2Stream stream in streams)
        {
            stream.Abort(failure);
        }

        _ = _ending.CancelAsync();
        _transport.Dispose();
        _closed.TrySetResult();
    }

    private void KeepAlive(TimeSpan interval)
    {
        TimeSpan silence = _options.Clock.GetElapsedTime(Volatile.Read(ref _lastReceived));
        if (silence >= interval + _options.KeepaliveTimeout)
        {
            Fail(new Http2ClosedException($"the peer has been silent for {silence.TotalSeconds:0.###} s", null));
            return;
        }

        if (silence >= interval)
        {
            lock (_gate)
            {
                if (_failure is null && _pings.Count == 0)
                {
                    _ = AppendPing();
                }
            }

            Flush();
        }
    }

    private Task AppendPing()
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        if (_failure is not null)
        {
            return Task.FromException(new Http2ClosedException(_failure.Message, _failure));
        }

        long id = _nextPing++;
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _pings.Add(id, answered);
        _output.WriteHeader(new FrameHeader(8, FrameType.Ping, FrameFlags.None, 0));
        BinaryPrimitives.WriteInt64BigEndian(_output.GetSpan(8), id);
        _output.Advance(8);
        return answered.Task;
    }

    // True if the task has completed in time.
    private async Task<bool> WaitAsync(Task task, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (patience <= TimeSpan.Zero)
        {
            return task.IsCompleted;
        }

        try
        {
            await task.WaitAsync(patience, _options.Clock, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
        catch (Http2ClosedException)
        {
            return true;   // gone: nothing is left to wait for
        }
    }
}
