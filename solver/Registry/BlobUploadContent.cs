using System.Buffers;
using System.Net;
using System.Net.Http.Headers;

namespace Cairn.Solver.Registry;

/// <summary>Part of a blob as the body of a request, of known length, reporting as it goes.</summary>
internal sealed class BlobUploadContent : HttpContent
{
    private const int BufferSize = 256 * 1024;
    private readonly Stream _source;
    private readonly long _length;
    private readonly Action<long> _sent;

    /// <param name="source">Stands at the first byte to send; not disposed.</param>
    /// <param name="length">Bytes to send.</param>
    /// <param name="sent">Called with the bytes sent of this body so far.</param>
    public BlobUploadContent(Stream source, long length, Action<long> sent)
    {
        _source = source;
        _length = length;
        _sent = sent;
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        Headers.ContentLength = length;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            for (long sent = 0; sent < _length;)
            {
                int read = await _source.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, _length - sent)), cancellationToken);
                if (read == 0)
                {
                    throw new EndOfStreamException($"the blob ends {_length - sent} bytes early");
                }

                await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                sent += read;
                _sent(sent);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _length;
        return true;
    }
}
