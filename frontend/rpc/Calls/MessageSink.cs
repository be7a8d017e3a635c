namespace Cairn.Rpc.Calls;

/// <summary>Where the messages of one side go. Writing waits while the peer's windows are full.</summary>
/// <remarks>For one writer at a time.</remarks>
/// <typeparam name="T">The message.</typeparam>
public sealed class MessageSink<T>
{
    private readonly ICallBody _body;
    private readonly Marshaller<T> _marshaller;
    private readonly MessageFrame _frame = new();

    internal MessageSink(ICallBody body, Marshaller<T> marshaller) => (_body, _marshaller) = (body, marshaller);

    /// <summary>Sends a message at once.</summary>
    /// <exception cref="RpcException">The call is over.</exception>
    public ValueTask WriteAsync(T message, CancellationToken cancellationToken) =>
        _body.WriteAsync(_frame.Fill(message, _marshaller), default, cancellationToken);

    /// <summary>Sends all messages of a batch at once. The batch may be used again when the call returns.</summary>
    /// <exception cref="RpcException">The call is over.</exception>
    public ValueTask WriteAsync(MessageBatch batch, CancellationToken cancellationToken) =>
        _body.WriteAsync(batch.Frames, default, cancellationToken);

    /// <summary>Says that no message follows. A server need not say so: its last message is the last before it returns.</summary>
    public ValueTask CompleteAsync(CancellationToken cancellationToken) => _body.EndWritingAsync(cancellationToken);
}
