using System.Buffers;
using System.Buffers.Binary;
using Cairn.Rpc.Hpack;

namespace Cairn.Rpc.Http2;

// Frames that belong to streams.
internal sealed partial class Http2Connection
{
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
            _block = new ArrayBufferWriter<byte>();   // a large one must not keep its memory
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
}
