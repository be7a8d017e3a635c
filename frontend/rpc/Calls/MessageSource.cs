using System.Buffers;

namespace Cairn.Rpc.Calls;

/// <summary>The peer's messages of one call, in order. The peer may send as far ahead as the windows allow, and no further.</summary>
/// <remarks>For one reader at a time.</remarks>
/// <typeparam name="T">The message.</typeparam>
public sealed class MessageSource<T> : IAsyncEnumerable<T>
{
    private readonly ICallBody _body;
    private readonly Marshaller<T> _marshaller;
    private T? _current;

    internal MessageSource(ICallBody body, Marshaller<T> marshaller) => (_body, _marshaller) = (body, marshaller);

    /// <summary>The message that was read last.</summary>
    public T Current => _current ?? throw new InvalidOperationException("no message has been read");

    /// <summary>Reads one more message.</summary>
    /// <returns>False when the peer has sent its last. At a caller this means that the call has ended well.</returns>
    /// <exception cref="RpcException">The call has failed, or the message is refused.</exception>
    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        if (await _body.ReadAsync(cancellationToken) is not { } octets)
        {
            return false;
        }

        _current = Parse(octets);
        return true;
    }

    /// <summary>The remaining messages.</summary>
    public async IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        while (await MoveNextAsync(cancellationToken))
        {
            yield return Current;
        }
    }

    private T Parse(ReadOnlySequence<byte> octets)
    {
        try
        {
            return _marshaller.Read(octets);
        }
        catch (Exception e) when (e is not RpcException)   // parsers throw what they like
        {
            throw new RpcException(StatusCode.Internal, $"a message cannot be parsed: {e.Message}", e);
        }
    }
}
