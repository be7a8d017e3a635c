using System.Buffers;
using System.Buffers.Binary;
using Cairn.Rpc.Hpack;

namespace Cairn.Rpc.Http2;

internal sealed partial class Http2Connection
{
    private const int SmallBuffer = 16 << 10;

    // What frames cost that make work and move nothing.
    private const int IdleFrameCost = 1;
    private const int ResetCost = 4;

    // The reading loop owns all of these, apart from looks at _lastReceived.
    private readonly HpackDecoder _decoder;
    private readonly ArrayBufferWriter<byte> _block = new();   // a header block that came in several frames
    private FrameHeader _blockFrame;     // its HEADERS frame; no stream while none is being gathered
    private int _blockFrames;
    private bool _hasSettings;
    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private long _lastReceived;

    private async Task ReadAsync()
    {
        _buffer = ArrayPool<byte>.Shared.Rent(SmallBuffer);
        try
        {
            if (!_isClient)
            {
                await FillAsync(Preface.Length);
                if (!_buffer.AsSpan(_start, Preface.Length).SequenceEqual(Preface))
                {
                    throw new Http2ConnectionException(Http2ErrorCode.ProtocolError, "the peer does not begin with the HTTP/2 preface");
                }

                _start += Preface.Length;
            }

            while (true)
            {
                await FillAsync(FrameHeader.Size);
                FrameHeader frame = FrameHeader.Read(_buffer.AsSpan(_start));
                if (frame.Length > _options.MaxFrame)
                {
                    throw new Http2ConnectionException(Http2ErrorCode.FrameSizeError, $"a frame of {frame.Length} octets is above the announced limit");
                }

                await FillAsync(FrameHeader.Size + frame.Length);
                Handle(frame, _buffer.AsSpan(_start + FrameHeader.Size, frame.Length));
                _start += FrameHeader.Size + frame.Length;
            }
        }
        catch (Http2ConnectionException e)
        {
            await LeaveAsync(e.Code, e.Message, new Http2ClosedException($"the peer broke the protocol: {e.Message}", e));
        }
        catch (HpackException e)
        {
            await LeaveAsync(Http2ErrorCode.CompressionError, e.Message, new Http2ClosedException($"the peer broke the protocol: {e.Message}", e));
        }
        catch (EndOfStreamException e)
        {
            Fail(new Http2ClosedException("the peer has closed the connection", e));
        }
        catch (Exception e)   // the top of the loop; a transport may fail in any way
        {
            Fail(new Http2ClosedException($"reading from the peer failed: {e.Message}", e));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }
    }

    // Reads on until this many octets stand in the buffer.
    private async ValueTask FillAsync(int needed)
    {
        while (_end - _start < needed)
        {
            if (_start == _end)
            {
                _start = _end = 0;
            }

            if (needed > _buffer.Length - _start)
            {
                MakeRoom(needed);
            }

            int room = _buffer.Length - _end;
            int read = await _transport.ReadAsync(_buffer.AsMemory(_end), _ending.Token);
            if (read == 0)
            {
                throw new EndOfStreamException();
            }

            _end += read;
            Volatile.Write(ref _lastReceived, _options.Clock.GetTimestamp());
            if (read == room && _buffer.Length < 2 * _options.MaxFrame && _end - _start < needed + FrameHeader.Size)
            {
                MakeRoom(_buffer.Length * 2);   // traffic is heavy: larger reads pay
            }
        }
    }

    private void MakeRoom(int size)
    {
        byte[] target = size > _buffer.Length ? ArrayPool<byte>.Shared.Rent(size) : _buffer;
        _buffer.AsSpan(_start, _end - _start).CopyTo(target);
        _end -= _start;
        _start = 0;
        if (target != _buffer)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = target;
        }
    }

    private void Handle(FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        if (!_hasSettings)
        {
            Demand(frame.Type == FrameType.Settings && !frame.Has(FrameFlags.Ack), "the first frame is not SETTINGS");
            _hasSettings = true;
        }

        Demand(
            _blockFrame.StreamId == 0 || (frame.Type == FrameType.Continuation && frame.StreamId == _blockFrame.StreamId),
            "a frame stands within a header block");
        switch (frame.Type)
        {
            case FrameType.Data:
                OnData(frame, payload);
                break;
            case FrameType.Headers:
                OnHeaders(frame, payload);
                break;
            case FrameType.Priority:
                Demand(frame.StreamId != 0, "PRIORITY on stream 0");
                _patience.Spend(IdleFrameCost);
                if (payload.Length != 5)
                {
                    Refuse(frame.StreamId, Http2ErrorCode.FrameSizeError);
                }

                break;
            case FrameType.RstStream:
                OnReset(frame, payload);
                break;
            case FrameType.Settings:
                OnSettings(frame, payload);
                break;
            case FrameType.PushPromise:
                throw new Http2ConnectionException(Http2ErrorCode.ProtocolError, "a PUSH_PROMISE that nobody allowed");
            case FrameType.Ping:
                OnPing(frame, payload);
                break;
            case FrameType.GoAway:
                OnGoAway(frame, payload);
                break;
            case FrameType.WindowUpdate:
                OnWindowUpdate(frame, payload);
                break;
            case FrameType.Continuation:
                OnContinuation(frame, payload);
                break;
            default:
                _patience.Spend(IdleFrameCost);   // unknown types are ignored
                break;
        }
    }

    private void OnData(FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        Demand(frame.StreamId != 0, "DATA on stream 0");
        ReadOnlySpan<byte> octets = Unpad(frame, payload);
        bool end = frame.Has(FrameFlags.EndStream);
        if (octets.IsEmpty && !end)
        {
            _patience.Spend(IdleFrameCost);
        }
        else if (octets.Length >= 1024)
        {
            _patience.Reward();
        }

        Http2Stream? stream;
        Http2ErrorCode? fault = null;
        bool flush = false;
        lock (_gate)
        {
            _receiveWindow -= payload.Length;
            if (_receiveWindow < 0)
            {
                throw new Http2ConnectionException(Http2ErrorCode.FlowControlError, "the peer sends more than the connection's window");
            }

            stream = Find(frame.StreamId);
            if (stream is null || stream.HasRemoteEnd)
            {
                flush = GiveBackToConnection(payload.Length);
                fault = stream is null ? null : Http2ErrorCode.StreamClosed;
            }
            else
            {
                stream.ReceiveWindow -= payload.Length;
                stream.Unreturned += payload.Length;
                fault = stream.ReceiveWindow < 0 ? Http2ErrorCode.FlowControlError : null;
            }
        }

        if (flush)
        {
            FlushElsewhere();
        }

        if (stream is null)
        {
            _patience.Spend(IdleFrameCost);   // on its way when the stream was reset here
            return;
        }

        stream.ReceivedLength += octets.Length;
        if (fault is null && stream.DeclaredLength is { } declared && (end ? stream.ReceivedLength != declared : stream.ReceivedLength > declared))
        {
            fault = Http2ErrorCode.ProtocolError;
        }

        if (fault is { } code)
        {
            Refuse(stream.Id, code);
            return;
        }

        if (!octets.IsEmpty)
        {
            stream.Receive(octets);
        }

        if (octets.Length < payload.Length)
        {
            stream.GiveBack(payload.Length - octets.Length);
        }

        if (end)
        {
            EndRemotely(stream, null);
        }
    }

    private void OnHeaders(FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        Demand(frame.StreamId != 0, "HEADERS on stream 0");
        ReadOnlySpan<byte> block = Unpad(frame, payload);
        if (frame.Has(FrameFlags.Priority))
        {
            if (block.Length < 5)
            {
                throw new Http2ConnectionException(Http2ErrorCode.FrameSizeError, "HEADERS too short for its priority");
            }

            block = block[5..];
        }

        if (frame.Has(FrameFlags.EndHeaders))
        {
            OnBlock(frame, block);
            return;
        }

        _blockFrame = frame;
        _blockFrames = 1;
        _block.Write(block);
    }

    private void OnContinuation(FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        Demand(_blockFrame.StreamId != 0, "CONTINUATION without HEADERS");
        _block.Write(payload);
        if (_block.WrittenCount > _options.MaxHeaderList || ++_blockFrames > 64 + (_options.MaxHeaderList / 4096))
        {
            throw new Http2ConnectionException(Http2ErrorCode.EnhanceYourCalm, "a header block does not end");
        }

        if (frame.Has(FrameFlags.EndHeaders))
        {
            FrameHeader first = _blockFrame;
            _blockFrame = default;
            OnBlock(first, _block.WrittenSpan);
            _block.ResetWrittenCount();
        }
    }

    private void OnBlock(FrameHeader frame, ReadOnlySpan<byte> block)
    {
        var fields = new HeaderBlock(_options.MaxHeaderList);
        _decoder.Decode(block, fields);   // first of all: later blocks build on it
        bool end = frame.Has(FrameFlags.EndStream);
        Http2Stream? stream;
        bool isNew = false;
        Http2ErrorCode? fault = null;
        lock (_gate)
        {
            if (_failure is not null)
            {
                return;
            }

            if (!_isClient && frame.StreamId > _lastPeerStream)
            {
                Demand((frame.StreamId & 1) == 1, "the peer opens a stream with an even id");
                if (frame.StreamId > _acceptUpTo)
                {
                    return;   // after the last GOAWAY: the peer knows that it is not taken
                }

                _lastPeerStream = frame.StreamId;
                isNew = true;
                stream = new Http2Stream(this, frame.StreamId, _peerInitialWindow, _options.StreamWindow);
                if (_streams.Count >= _options.MaxStreams || _handlers >= 2 * _options.MaxStreams)
                {
                    fault = Http2ErrorCode.RefusedStream;   // handlers of reset streams count on, so resetting gains nothing
                }
                else
                {
                    fault = fields.IsTooLarge ? Http2ErrorCode.EnhanceYourCalm : HeaderRules.CheckRequest(fields);
                }

                if (fault is null)
                {
                    _streams.Add(stream.Id, stream);
                    _handlers++;
                }
            }
            else
            {
                stream = Find(frame.StreamId);
                if (stream is not null)
                {
                    fault = fields.IsTooLarge ? Http2ErrorCode.EnhanceYourCalm : CheckLater(stream, fields, end);
                }
            }
        }

        if (fault is { } code)
        {
            Refuse(frame.StreamId, code);
            return;
        }

        if (stream is null)
        {
            _patience.Spend(IdleFrameCost);   // on its way when the stream was reset here
            return;
        }

        if (!stream.Headers.IsCompleted)
        {
            if (_isClient && fields.Find(":status") is ['1', _, _])
            {
                return;   // informational
            }

            stream.DeclaredLength = HeaderRules.ContentLength(fields);
            stream.ReceiveHeaders(fields);
            if (isNew)
            {
                _ = Task.Run(() => ServeAsync(stream));
            }

            if (end)
            {
                EndRemotely(stream, _isClient ? fields : null);
            }
        }
        else
        {
            EndRemotely(stream, fields);
        }
    }

    private static Http2ErrorCode? CheckLater(Http2Stream stream, HeaderBlock fields, bool end)
    {
        if (stream.HasRemoteEnd)
        {
            return Http2ErrorCode.StreamClosed;
        }

        if (stream.Headers.IsCompleted)
        {
            return end ? HeaderRules.CheckTrailers(fields) : Http2ErrorCode.ProtocolError;
        }

        return HeaderRules.CheckResponse(fields, end);
    }

    private async Task ServeAsync(Http2Stream stream)
    {
        try
        {
            await _serve!(stream);
        }
        finally
        {
            stream.Discard();
            lock (_gate)
            {
                if (--_handlers == 0)
                {
                    _empty.WakeAll();
                }
            }
        }
    }

    private void EndRemotely(Http2Stream stream, HeaderBlock? trailers)
    {
        bool isAnswered = false;
        lock (_gate)
        {
            stream.HasRemoteEnd = true;
            if (stream.HasLocalEnd && _streams.Remove(stream.Id))
            {
                StreamHasLeft(stream);
            }
            else if (_isClient && _streams.Remove(stream.Id))
            {
                // The answer is complete, so nobody reads what is still being sent.
                isAnswered = true;
                stream.Failure = new Http2ResetException(Http2ErrorCode.NoError, isRemote: true, "the peer has ended the call");
                AppendReset(stream.Id, Http2ErrorCode.Cancel);
                StreamHasLeft(stream);
            }
        }

        stream.ReceiveEnd(trailers);
        if (isAnswered)
        {
            FlushElsewhere();
        }
    }

    private void OnReset(FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        Demand(frame.StreamId != 0, "RST_STREAM on stream 0");
        DemandSize(payload.Length == 4, frame);
        var code = (Http2ErrorCode)BinaryPrimitives.ReadUInt32BigEndian(payload);
        _patience.Spend(ResetCost);
        var failure = new Http2ResetException(code, isRemote: true, $"the peer has reset the stream: {code}");
        Http2Stream? stream;
        lock (_gate)
        {
            stream = Find(frame.StreamId);
            if (stream is null)
            {
                return;
            }

            _streams.Remove(stream.Id);
            stream.Failure = failure;
            StreamHasLeft(stream);
        }

        stream.Abort(failure);
    }

    private void OnSettings(FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        Demand(frame.StreamId == 0, "SETTINGS on a stream");
        if (frame.Has(FrameFlags.Ack))
        {
            DemandSize(payload.IsEmpty, frame);
            _patience.Spend(IdleFrameCost);
            return;
        }

        DemandSize(payload.Length % 6 == 0, frame);
        _patience.Spend(IdleFrameCost + (payload.Length / 6));
        lock (_gate)
        {
            long maxStreams = _hasPeerSettings ? _peerMaxStreams : long.MaxValue;
            _hasPeerSettings = true;
            for (; !payload.IsEmpty; payload = payload[6..])
            {
                var id = (SettingId)BinaryPrimitives.ReadUInt16BigEndian(payload);
                uint value = BinaryPrimitives.ReadUInt32BigEndian(payload[2..]);
                switch (id)
                {
                    case SettingId.HeaderTableSize:
                        _encoder.SetPeerTableSize(value);
                        break;
                    case SettingId.EnablePush:
                        Demand(value == 0 || (value == 1 && !_isClient), "ENABLE_PUSH has a wrong value");
                        break;
                    case SettingId.MaxConcurrentStreams:
                        maxStreams = value;
                        break;
                    case SettingId.InitialWindowSize:
                        ChangeInitialWindow(value);
                        break;
                    case SettingId.MaxFrameSize:
                        Demand(value is >= DefaultMaxFrame and < 1 << 24, "MAX_FRAME_SIZE is out of range");
                        _peerMaxFrame = (int)Math.Min(value, OutputLimit);
                        break;
                    default:
                        break;   // unknown ones are ignored; a list of headers above the peer's limit fails there with its own reason
                }
            }

            _peerMaxStreams = maxStreams;
            for (long free = maxStreams - _streams.Count; free > 0 && _slots.WakeOne(); free--)
            {
            }

            _output.WriteHeader(new FrameHeader(0, FrameType.Settings, FrameFlags.Ack, 0));
            CountAnswer();
        }

        FlushElsewhere();
    }

    private void ChangeInitialWindow(uint value)
    {
        if (value > int.MaxValue)
        {
            throw new Http2ConnectionException(Http2ErrorCode.FlowControlError, "INITIAL_WINDOW_SIZE is above 2^31-1");
        }

        long difference = (long)value - _peerInitialWindow;
        _peerInitialWindow = (int)value;
        foreach (Http2Stream stream in _streams.Values)
        {
            stream.SendWindow += difference;
            if (stream.SendWindow > int.MaxValue)
            {
                throw new Http2ConnectionException(Http2ErrorCode.FlowControlError, "INITIAL_WINDOW_SIZE makes a window too large");
            }

            stream.Blocked.WakeAll();
        }
    }

    private void OnPing(FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        Demand(frame.StreamId == 0, "PING on a stream");
        DemandSize(payload.Length == 8, frame);
        _patience.Spend(IdleFrameCost);
        lock (_gate)
        {
            if (frame.Has(FrameFlags.Ack))
            {
                if (_pings.Remove(BinaryPrimitives.ReadInt64BigEndian(payload), out TaskCompletionSource? answered))
                {
                    answered.TrySetResult();
                }

                return;
            }

            _output.WriteHeader(new FrameHeader(8, FrameType.Ping, FrameFlags.Ack, 0));
            _output.Write(payload);
            CountAnswer();
        }

        FlushElsewhere();
    }

    private void OnGoAway(FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        Demand(frame.StreamId == 0, "GOAWAY on a stream");
        DemandSize(payload.Length >= 8, frame);
        _patience.Spend(IdleFrameCost);
        if (!_isClient)
        {
            return;   // the peer will open no more streams, that is all
        }

        int last = (int)(BinaryPrimitives.ReadUInt32BigEndian(payload) & 0x7FFF_FFFF);
        var code = (Http2ErrorCode)BinaryPrimitives.ReadUInt32BigEndian(payload[4..]);
        var failure = new Http2ResetException(Http2ErrorCode.RefusedStream, isRemote: true, $"the peer is leaving ({code}) and has not begun this call");
        Http2Stream[] refused;
        lock (_gate)
        {
            _isPeerLeaving = true;
            refused = [.. _streams.Values.Where(s => s.Id > last)];
            foreach (Http2Stream stream in refused)
            {
                _streams.Remove(stream.Id);
                stream.Failure = failure;
                StreamHasLeft(stream);
            }

            _slots.WakeAll();
            LeaveAfterPeer();
        }

        foreach (Http2Stream stream in refused)
        {
            stream.Abort(failure);
        }
    }

    private void OnWindowUpdate(FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        DemandSize(payload.Length == 4, frame);
        int octets = (int)(BinaryPrimitives.ReadUInt32BigEndian(payload) & 0x7FFF_FFFF);
        if (octets < 256)
        {
            _patience.Spend(IdleFrameCost);   // a window opened by crumbs makes a frame of each
        }

        Http2ErrorCode? fault = null;
        lock (_gate)
        {
            if (frame.StreamId == 0)
            {
                Demand(octets > 0, "WINDOW_UPDATE of 0");
                _sendWindow += octets;
                if (_sendWindow > int.MaxValue)
                {
                    throw new Http2ConnectionException(Http2ErrorCode.FlowControlError, "the connection's window becomes too large");
                }

                _window.WakeAll();
                return;
            }

            Http2Stream? stream = Find(frame.StreamId);
            if (stream is null)
            {
                return;
            }

            stream.SendWindow += octets;
            if (octets == 0)
            {
                fault = Http2ErrorCode.ProtocolError;
            }
            else if (stream.SendWindow > int.MaxValue)
            {
                fault = Http2ErrorCode.FlowControlError;
            }
            else
            {
                stream.Blocked.WakeAll();
            }
        }

        if (fault is { } code)
        {
            Refuse(frame.StreamId, code);
        }
    }

    // A fault that concerns one stream.
    private void Refuse(int streamId, Http2ErrorCode code)
    {
        _patience.Spend(ResetCost);
        var failure = new Http2ResetException(code, isRemote: false, $"the peer broke the rules of the stream: {code}");
        Http2Stream? stream;
        lock (_gate)
        {
            AppendReset(streamId, code);
            CountAnswer();
            if (_streams.Remove(streamId, out stream))
            {
                stream.Failure = failure;
                StreamHasLeft(stream);
            }
        }

        FlushElsewhere();
        stream?.Abort(failure);
    }

    // The open stream of this id; null if it has ended. Asking for one that never was is a fault of the peer.
    private Http2Stream? Find(int streamId)
    {
        if (_streams.TryGetValue(streamId, out Http2Stream? stream))
        {
            return stream;
        }

        bool isKnown = _isClient
            ? (streamId & 1) == 1 && (_nextStream < 0 || streamId < _nextStream)
            : (streamId & 1) == 1 && (streamId <= _lastPeerStream || streamId > _acceptUpTo);
        Demand(isKnown, "a frame on a stream that was never opened");
        return null;
    }

    private static ReadOnlySpan<byte> Unpad(FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        if (!frame.Has(FrameFlags.Padded))
        {
            return payload;
        }

        DemandSize(!payload.IsEmpty, frame);
        Demand(payload[0] < payload.Length, "more padding than payload");
        return payload[1..^payload[0]];
    }

    private static void Demand(bool holds, string fault)
    {
        if (!holds)
        {
            throw new Http2ConnectionException(Http2ErrorCode.ProtocolError, fault);
        }
    }

    private static void DemandSize(bool holds, FrameHeader frame)
    {
        if (!holds)
        {
            throw new Http2ConnectionException(Http2ErrorCode.FrameSizeError, $"{frame.Type} of {frame.Length} octets");
        }
    }
}
