using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Pipelines;

namespace Cairn.Rpc.Calls;

/// <summary>Cuts what arrives into messages.</summary>
/// <param name="input">What arrives.</param>
/// <param name="limit">Octets of a message, after decompression, above which it is refused.</param>
/// <remarks>For one reader at a time.</remarks>
internal sealed class MessageReader(PipeReader input, int limit)
{
    private SequencePosition? _taken;   // up to here the last message reached; it is given back with the next reading

    /// <summary>The encoding of messages that say they are compressed; null if the peer named none.</summary>
    public string? Encoding { get; set; }

    /// <summary>The next message, valid until the next reading; null at the end.</summary>
    /// <exception cref="RpcException">The message is too large, cut off or compressed in an unknown way.</exception>
    public async ValueTask<ReadOnlySequence<byte>?> ReadAsync(CancellationToken cancellationToken)
    {
        Release();
        while (true)
        {
            ReadResult result = await input.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> buffer = result.Buffer;
            if (TryCut(buffer, out ReadOnlySequence<byte> message, out bool isCompressed))
            {
                _taken = message.End;
                return isCompressed ? Decompress(message) : message;
            }

            if (result.IsCompleted)
            {
                bool isCut = !buffer.IsEmpty;
                input.AdvanceTo(buffer.End);
                return isCut ? throw new RpcException(StatusCode.Internal, "the peer's last message is cut off") : null;
            }

            input.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private void Release()
    {
        if (_taken is { } position)
        {
            _taken = null;
            input.AdvanceTo(position);
        }
    }

    private bool TryCut(ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> message, out bool isCompressed)
    {
        message = default;
        isCompressed = false;
        if (buffer.Length < MessageFrame.PrefixSize)
        {
            return false;
        }

        Span<byte> prefix = stackalloc byte[MessageFrame.PrefixSize];
        buffer.Slice(0, MessageFrame.PrefixSize).CopyTo(prefix);
        if (prefix[0] > 1)
        {
            throw new RpcException(StatusCode.Internal, $"a message begins with the unknown flag {prefix[0]}");
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        if (length > limit)
        {
            throw new RpcException(StatusCode.ResourceExhausted, $"a message of {length} bytes is larger than the limit of {limit}");
        }

        if (buffer.Length - MessageFrame.PrefixSize < length)
        {
            return false;
        }

        message = buffer.Slice(MessageFrame.PrefixSize, length);
        isCompressed = prefix[0] == 1;
        return true;
    }

    private ReadOnlySequence<byte> Decompress(ReadOnlySequence<byte> message)
    {
        if (Encoding is null or "identity")
        {
            throw new RpcException(StatusCode.Internal, "a message is compressed, but the peer has named no encoding");
        }

        if (Encoding != "gzip")
        {
            throw new RpcException(StatusCode.Unimplemented, $"messages compressed with {Encoding} are not understood; known: {CallFields.AcceptedEncodings}");
        }

        using var packed = new MemoryStream(message.ToArray());
        using var gzip = new GZipStream(packed, CompressionMode.Decompress);
        using var plain = new MemoryStream();
        byte[] part = ArrayPool<byte>.Shared.Rent(32 << 10);
        try
        {
            for (int read; (read = gzip.Read(part)) > 0;)
            {
                if (plain.Length + read > limit)
                {
                    throw new RpcException(StatusCode.ResourceExhausted, $"a message is larger than the limit of {limit} bytes when decompressed");
                }

                plain.Write(part, 0, read);
            }
        }
        catch (InvalidDataException e)
        {
            throw new RpcException(StatusCode.Internal, $"a compressed message cannot be read: {e.Message}", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(part);
        }

        return new ReadOnlySequence<byte>(plain.GetBuffer(), 0, (int)plain.Length);
    }
}
