using System.Buffers;

namespace Cairn.Rpc.Calls;

/// <summary>How messages of one type become octets and come back.</summary>
/// <param name="Read">Makes a message of its octets, which are valid during the call only. What it throws becomes <see cref="StatusCode.Internal"/>.</param>
/// <param name="Write">Appends the octets of a message.</param>
/// <typeparam name="T">The message.</typeparam>
public sealed record Marshaller<T>(Func<ReadOnlySequence<byte>, T> Read, Action<T, IBufferWriter<byte>> Write);
