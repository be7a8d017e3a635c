using System.Globalization;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Health;
using Cairn.Rpc.Server;

namespace Cairn.Rpc.Tests.Support;

/// <summary>A service with a method for each thing that tests look at.</summary>
internal sealed class TestServices
{
    private int _hanging;
    private int _cancelled;

    public TestServices()
    {
        Table.AddUnary(Wire.Raw("Echo"), (request, _, _) => Task.FromResult(request));
        Table.AddUnary(Wire.Raw("Size"), (request, _, _) => Task.FromResult<ReadOnlyMemory<byte>>(Text(request.Length)));
        Table.AddServerStream(Wire.Raw("Stream"), StreamAsync);
        Table.AddClientStream(Wire.Raw("Sum"), SumAsync);
        Table.AddDuplex(Wire.Raw("Chat"), ChatAsync);
        Table.AddUnary(Wire.Method("Headers"), HeadersAsync);
        Table.AddUnary(Wire.Method("Fail"), FailAsync);
        Table.AddDuplex(Wire.Raw("Reject"), (_, _, _, _) => throw new RpcException(StatusCode.PermissionDenied, "not you"));
        Table.AddUnary(Wire.Method("Throw"), (text, _, _) => throw new InvalidOperationException(text));
        Table.AddUnary(Wire.Method("Deadline"), (_, call, _) =>
            Task.FromResult(call.Deadline is { } at ? (at - TimeProvider.System.GetUtcNow()).TotalSeconds.ToString(CultureInfo.InvariantCulture) : "none"));
        Table.AddDuplex(Wire.Raw("Hang"), HangAsync);
        Table.AddDuplex(Wire.Raw("Ignore"), async (_, _, _, token) => await Task.Delay(Timeout.Infinite, token));
        Table.AddPrefix("/proxied.", ProxyAsync);
        Health.AddTo(Table);
    }

    public RpcServices Table { get; } = new();

    public HealthService Health { get; } = new();

    /// <summary>Calls of Hang that are waiting.</summary>
    public int Hanging => Volatile.Read(ref _hanging);

    /// <summary>Calls of Hang that saw their token cancelled.</summary>
    public int Cancelled => Volatile.Read(ref _cancelled);

    public static byte[] Text(int number) => System.Text.Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture));

    // The request says "count size".
    private static async Task StreamAsync(
        ReadOnlyMemory<byte> request, MessageSink<ReadOnlyMemory<byte>> responses, ServerCall call, CancellationToken cancellationToken)
    {
        string[] words = System.Text.Encoding.UTF8.GetString(request.Span).Split(' ');
        byte[] message = new byte[int.Parse(words[1], CultureInfo.InvariantCulture)];
        for (int i = int.Parse(words[0], CultureInfo.InvariantCulture); i > 0; i--)
        {
            await responses.WriteAsync(message, cancellationToken);
        }
    }

    private static async Task<ReadOnlyMemory<byte>> SumAsync(
        MessageSource<ReadOnlyMemory<byte>> requests, ServerCall call, CancellationToken cancellationToken)
    {
        int sum = 0;
        while (await requests.MoveNextAsync(cancellationToken))
        {
            sum += requests.Current.Length;
        }

        return Text(sum);
    }

    private static async Task ChatAsync(
        MessageSource<ReadOnlyMemory<byte>> requests, MessageSink<ReadOnlyMemory<byte>> responses, ServerCall call, CancellationToken cancellationToken)
    {
        call.SendHeaders();
        await foreach (ReadOnlyMemory<byte> message in requests.WithCancellation(cancellationToken))
        {
            await responses.WriteAsync(message, cancellationToken);
        }
    }

    // Sends back what came, values of x-* as headers and as trailers.
    private static Task<string> HeadersAsync(string request, ServerCall call, CancellationToken cancellationToken)
    {
        foreach ((string name, string value) in call.RequestHeaders)
        {
            if (!name.StartsWith("x-", StringComparison.Ordinal))
            {
                continue;
            }

            if (name.EndsWith("-bin", StringComparison.Ordinal))
            {
                byte[] octets = Convert.FromBase64String(value.TrimEnd('=').PadRight((value.TrimEnd('=').Length + 3) / 4 * 4, '='));
                call.ResponseHeaders.AddBinary(name, octets);
                call.ResponseTrailers.AddBinary(name, octets);
            }
            else
            {
                call.ResponseHeaders.Add(name, value);
                call.ResponseTrailers.Add(name, value);
            }
        }

        return Task.FromResult(string.Join('|', call.RequestHeaders.Select(h => $"{h.Key}={h.Value}")));
    }

    private static Task<string> FailAsync(string message, ServerCall call, CancellationToken cancellationToken)
    {
        var trailers = new Metadata();
        trailers.Add("x-hint", "one");
        trailers.Add("x-hint", "two, with a comma");
        throw new RpcException(new RpcStatus(StatusCode.FailedPrecondition, message, new byte[] { 8, 9, 0, 255 }), trailers, null);
    }

    private async Task HangAsync(
        MessageSource<ReadOnlyMemory<byte>> requests, MessageSink<ReadOnlyMemory<byte>> responses, ServerCall call, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _hanging);
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            Interlocked.Increment(ref _cancelled);
            Interlocked.Decrement(ref _hanging);
        }
    }

    // Knows nothing of the method: takes frames and sends them back after one that names the path.
    private static async Task ProxyAsync(ServerCall call, CancellationToken cancellationToken)
    {
        MessageSink<ReadOnlyMemory<byte>> responses = call.Responses(RawMarshaller.Octets);
        await responses.WriteAsync(System.Text.Encoding.UTF8.GetBytes(call.Path), cancellationToken);
        await foreach (ReadOnlyMemory<byte> message in call.Requests(RawMarshaller.Octets).WithCancellation(cancellationToken))
        {
            await responses.WriteAsync(message, cancellationToken);
        }
    }
}
