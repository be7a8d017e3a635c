using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using Cairn.Rpc.Hpack;

namespace Cairn.Rpc.Http2;

internal sealed partial class Http2Connection
{
    // Writers of data wait while this much is unwritten.
    private const int OutputLimit = 512 << 10;

    // Answers to the peer's frames that it does not fetch; a peer that reads at all never comes near.
    private const int MaxQueuedAnswers = 10_000;

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    private readonly Waiters _room = new();   // under _gate, as all here: for the output to be written
    private OutputBuffer _output = new();
    private OutputBuffer _spare = new();
    private bool _isFlushing;
    private int _queuedAnswers;

    public void WriteHeaders(Http2Stream stream, IReadOnlyList<HeaderField> fields, bool end, bool flush)
    {
        lock (_gate)
        {
            ThrowIfOver(stream);
            AppendHeaders(stream, fields, end);
        }

        if (flush)
        {
            Flush();
        }
    }

    public async ValueTask WriteDataAsync(
        Http2Stream stream, ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body, bool end, bool flush, CancellationToken cancellationToken)
    {
        int all = head.Length + body.Length;
        while (true)
        {
            Task? wait;
            lock (_gate)
            {
                ThrowIfOver(stream);
                wait = head.IsEmpty ? null : AppendData(stream, ref head, end && body.IsEmpty);
                if (wait is null && !stream.HasLocalEnd)
                {
                    wait = AppendData(stream, ref body, end);
                }
            }

            if (flush || wait is not null)
            {
                Flush();
            }

            if (wait is null)
            {
                return;
            }

            try
            {
                await wait.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (head.Length + body.Length < all)
            {
                Reset(stream, Http2ErrorCode.Cancel);   // half a message has gone out; nothing sensible can follow it
                throw;
            }
        }
    }

    public void Reset(Http2Stream stream, Http2ErrorCode code)
    {
        var failure = new Http2ResetException(code, isRemote: false, "the stream was given up on this side");
        lock (_gate)
        {
            if (stream.Failure is not null || !_streams.Remove(stream.Id))
            {
                return;
            }

            stream.Failure = failure;
            AppendReset(stream.Id, code);
            StreamHasLeft(stream);
        }

        Flush();
        stream.Abort(failure);
        GiveBack(stream, int.MaxValue);
    }

    /// <summary>Gives the peer its windows back, in batches.</summary>
    public void GiveBack(Http2Stream stream, int octets)
    {
        bool flush = false;
        lock (_gate)
        {
            int returned = Math.Min(octets, stream.Unreturned);
            stream.Unreturned -= returned;
            flush |= GiveBackToConnection(returned);
            stream.Owed += returned;
            if (stream.Owed >= _options.StreamWindow / 4 && !stream.HasRemoteEnd && stream.Failure is null)
            {
                AppendWindowUpdate(stream.Id, stream.Owed);
                stream.ReceiveWindow += stream.Owed;
                stream.Owed = 0;
                flush = true;
            }
        }

        if (flush)
        {
            Flush();
        }
    }

    private bool GiveBackToConnection(int octets)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        _owed += octets;
        if (_owed < _options.ConnectionWindow / 4 || _failure is not null)
        {
            return false;
        }

        AppendWindowUpdate(0, _owed);
        _receiveWindow += _owed;
        _owed = 0;
        return true;
    }

    private void WriteGreeting()
    {
        lock (_gate)
        {
            if (_isClient)
            {
                _output.Write(Preface);
            }

            Span<byte> settings = stackalloc byte[6 * 5];
            int length = 0;
            Put(settings, SettingId.MaxFrameSize, _options.MaxFrame);
            Put(settings, SettingId.InitialWindowSize, _options.StreamWindow);
            Put(settings, SettingId.MaxHeaderListSize, _options.MaxHeaderList);
            if (_isClient)
            {
                Put(settings, SettingId.EnablePush, 0);
            }
            else
            {
                Put(settings, SettingId.MaxConcurrentStreams, _options.MaxStreams);
            }

            _output.WriteHeader(new FrameHeader(length, FrameType.Settings, FrameFlags.None, 0));
            _output.Write(settings[..length]);
            AppendWindowUpdate(0, _options.ConnectionWindow - DefaultWindow);

            void Put(Span<byte> destination, SettingId id, int value)
            {
                BinaryPrimitives.WriteUInt16BigEndian(destination[length..], (ushort)id);
                BinaryPrimitives.WriteInt32BigEndian(destination[(length + 2)..], value);
                length += 6;
            }
        }
    }

    private void ThrowIfOver(Http2Stream stream)
    {
        Exception? failure = stream.Failure ?? (_streams.ContainsKey(stream.Id) ? null : _failure);
        if (failure is Http2ResetException reset)
        {
            throw new Http2ResetException(reset.Code, reset.IsRemote, reset.Message);
        }

        if (failure is not null)
        {
            throw new Http2ClosedException(failure.Message, failure);
        }

        if (stream.HasLocalEnd)
        {
            throw new InvalidOperationException("this side of the stream has ended");
        }
    }

    private void AppendHeaders(Http2Stream stream, IReadOnlyList<HeaderField> fields, bool end)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        int headerAt = _output.Length;
        _output.WriteHeader(default);
        int start = _output.Length;
        _encoder.Encode(fields, _output);
        int length = _output.Length - start;
        FrameFlags flags = end ? FrameFlags.EndStream : FrameFlags.None;
        if (length <= _peerMaxFrame)
        {
            Patch(headerAt, new FrameHeader(length, FrameType.Headers, flags | FrameFlags.EndHeaders, stream.Id));
        }
        else
        {
            // Rare: the rest moves into CONTINUATION frames.
            byte[] rest = _output.Slice(start + _peerMaxFrame, length - _peerMaxFrame).ToArray();
            _output.Advance(-rest.Length);
            Patch(headerAt, new FrameHeader(_peerMaxFrame, FrameType.Headers, flags, stream.Id));
            for (int at = 0; at < rest.Length; at += _peerMaxFrame)
            {
                int part = Math.Min(_peerMaxFrame, rest.Length - at);
                FrameFlags last = at + part == rest.Length ? FrameFlags.EndHeaders : FrameFlags.None;
                _output.WriteHeader(new FrameHeader(part, FrameType.Continuation, last, stream.Id));
                _output.Write(rest.AsSpan(at, part));
            }
        }

        if (end)
        {
            EndLocally(stream);
        }

        void Patch(int at, FrameHeader header) => header.Write(_output.Slice(at, FrameHeader.Size));
    }

    // Appends what the windows allow and cuts it off the octets. Returns what to wait for if something is left.
    private Task? AppendData(Http2Stream stream, ref ReadOnlyMemory<byte> octets, bool end)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        while (!octets.IsEmpty || end)
        {
            if (_output.Length >= OutputLimit)
            {
                return _room.Join().Task;
            }

            int part = (int)Math.Min(Math.Min(octets.Length, _peerMaxFrame), Math.Min(_sendWindow, stream.SendWindow));
            if (part <= 0 && !octets.IsEmpty)
            {
                return (stream.SendWindow <= 0 ? stream.Blocked : _window).Join().Task;
            }

            bool last = end && part == octets.Length;
            _output.WriteHeader(new FrameHeader(part, FrameType.Data, last ? FrameFlags.EndStream : FrameFlags.None, stream.Id));
            _output.Write(octets.Span[..part]);
            _sendWindow -= part;
            stream.SendWindow -= part;
            octets = octets[part..];
            if (part >= 1024)
            {
                _patience.Reward();
            }

            if (last)
            {
                EndLocally(stream);
                return null;
            }
        }

        return null;
    }

    private void EndLocally(Http2Stream stream)
    {
        stream.HasLocalEnd = true;
        if (stream.HasRemoteEnd && _streams.Remove(stream.Id))
        {
            StreamHasLeft(stream);
        }
    }

    private void StreamHasLeft(Http2Stream stream)
    {
        stream.Blocked.WakeAll();
        _slots.WakeOne();
        if (_streams.Count == 0)
        {
            _empty.WakeAll();
            LeaveAfterPeer();
        }
    }

    private void AppendReset(int streamId, Http2ErrorCode code)
    {
        _output.WriteHeader(new FrameHeader(4, FrameType.RstStream, FrameFlags.None, streamId));
        BinaryPrimitives.WriteUInt32BigEndian(_output.GetSpan(4), (uint)code);
        _output.Advance(4);
    }

    private void AppendWindowUpdate(int streamId, int octets)
    {
        _output.WriteHeader(new FrameHeader(4, FrameType.WindowUpdate, FrameFlags.None, streamId));
        BinaryPrimitives.WriteInt32BigEndian(_output.GetSpan(4), octets);
        _output.Advance(4);
    }

    private void AppendGoAway(int lastStream, Http2ErrorCode code, string reason)
    {
        byte[] text = Encoding.UTF8.GetBytes(reason);
        _output.WriteHeader(new FrameHeader(8 + text.Length, FrameType.GoAway, FrameFlags.None, 0));
        Span<byte> fixedPart = _output.GetSpan(8);
        BinaryPrimitives.WriteInt32BigEndian(fixedPart, lastStream);
        BinaryPrimitives.WriteUInt32BigEndian(fixedPart[4..], (uint)code);
        _output.Advance(8);
        _output.Write(text);
    }

    // An answer that the peer has caused; counted until it is on its way.
    private void CountAnswer()
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        if (++_queuedAnswers > MaxQueuedAnswers)
        {
            throw new Http2ConnectionException(Http2ErrorCode.EnhanceYourCalm, "the peer asks without reading the answers");
        }
    }

    /// <summary>Sends what waits, unless somebody is at it.</summary>
    public void Flush()
    {
        if (TryBeginFlush())
        {
            _ = FlushAsync();
        }
    }

    // The reading loop must not be caught in a long write.
    private void FlushElsewhere()
    {
        if (TryBeginFlush())
        {
            _ = Task.Run(FlushAsync);
        }
    }

    private bool TryBeginFlush()
    {
        lock (_gate)
        {
            if (_isFlushing || _output.Length == 0 || _failure is not null)
            {
                return false;
            }

            _isFlushing = true;
            return true;
        }
    }

    private async Task FlushAsync()
    {
        while (true)
        {
            OutputBuffer batch;
            lock (_gate)
            {
                if (_output.Length == 0 || _failure is not null)
                {
                    _isFlushing = false;
                    _room.WakeAll();
                    return;
                }

                batch = _output;
                _output = _spare;
                _spare = batch;
                _queuedAnswers = 0;
                _room.WakeAll();
            }

            try
            {
                await _transport.WriteAsync(batch.Memory, _ending.Token);
                await _transport.FlushAsync(_ending.Token);
            }
            catch (Exception e)   // the top of a loop; a transport may fail in any way
            {
                lock (_gate)
                {
                    _isFlushing = false;
                }

                Fail(new Http2ClosedException($"writing to the peer failed: {e.Message}", e));
                return;
            }

            batch.Clear();
        }
    }

    private async Task DrainOutputAsync()
    {
        while (true)
        {
            Task wait;
            lock (_gate)
            {
                if (!_isFlushing || _failure is not null)
                {
                    return;
                }

                wait = _room.Join().Task;
            }

            await wait;
        }
    }
}
