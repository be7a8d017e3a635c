using System.Buffers;
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
    private ArrayBufferWriter<byte> _block = new();   // a header block that came in several frames
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
