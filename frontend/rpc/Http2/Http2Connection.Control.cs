using System.Buffers.Binary;

namespace Cairn.Rpc.Http2;

// Frames that belong to the connection, and windows.
internal sealed partial class Http2Connection
{
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
}
