using System.Buffers;

namespace Cairn.Rpc.Calls;

/// <summary>The messages of a call as one side sees them: the caller's or the server's.</summary>
internal interface ICallBody
{
    /// <summary>The octets of the peer's next message, valid until the next reading; null after the last.</summary>
    ValueTask<ReadOnlySequence<byte>?> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Sends a message with its prefix, which may stand in two places.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body, CancellationToken cancellationToken);

    /// <summary>Says that no message follows.</summary>
    ValueTask EndWritingAsync(CancellationToken cancellationToken);
}
