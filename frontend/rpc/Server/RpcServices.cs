using Cairn.Rpc.Calls;

namespace Cairn.Rpc.Server;

/// <summary>What a server serves: a table of methods and, behind it, of prefixes. Filled first, then shared by any number of servers.</summary>
public sealed class RpcServices
{
    private readonly Dictionary<string, ServerHandler> _methods = new(StringComparer.Ordinal);
    private readonly List<(string Prefix, ServerHandler Handler)> _prefixes = [];

    /// <summary>The paths that have a handler of their own, in ordinal order.</summary>
    public IEnumerable<string> Paths => _methods.Keys.Order(StringComparer.Ordinal);

    /// <summary>A method with one message there and one back.</summary>
    /// <exception cref="ArgumentException">The path has a handler.</exception>
    public void AddUnary<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, Func<TRequest, ServerCall, CancellationToken, Task<TResponse>> handler) =>
        Add(method.Path, async (call, token) =>
        {
            TRequest request = await ReadOnlyRequestAsync(call, method, token);
            await AnswerAsync(call, await handler(request, call, token), method, token);
        });

    /// <summary>A method with one message there and any number back.</summary>
    /// <exception cref="ArgumentException">The path has a handler.</exception>
    public void AddServerStream<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, Func<TRequest, MessageSink<TResponse>, ServerCall, CancellationToken, Task> handler) =>
        Add(method.Path, async (call, token) =>
        {
            TRequest request = await ReadOnlyRequestAsync(call, method, token);
            await handler(request, call.Responses(method.Response), call, token);
        });

    /// <summary>A method with any number of messages there and one back.</summary>
    /// <exception cref="ArgumentException">The path has a handler.</exception>
    public void AddClientStream<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, Func<MessageSource<TRequest>, ServerCall, CancellationToken, Task<TResponse>> handler) =>
        Add(method.Path, async (call, token) =>
            await AnswerAsync(call, await handler(call.Requests(method.Request), call, token), method, token));

    /// <summary>A method with any number of messages both ways, at the same time.</summary>
    /// <exception cref="ArgumentException">The path has a handler.</exception>
    public void AddDuplex<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method,
        Func<MessageSource<TRequest>, MessageSink<TResponse>, ServerCall, CancellationToken, Task> handler) =>
        Add(method.Path, (call, token) => handler(call.Requests(method.Request), call.Responses(method.Response), call, token));

    /// <summary>A method whose messages the handler takes as they are.</summary>
    /// <exception cref="ArgumentException">The path has a handler.</exception>
    public void Add(string path, ServerHandler handler)
    {
        if (!path.StartsWith('/') || !_methods.TryAdd(path, handler))
        {
            throw new ArgumentException($"{path} is no path of a method, or has a handler", nameof(path));
        }
    }

    /// <summary>Every method under a prefix that has no handler of its own; "/" takes all that are unknown. The longest prefix wins.</summary>
    public void AddPrefix(string prefix, ServerHandler handler)
    {
        _prefixes.Add((prefix, handler));
        _prefixes.Sort(static (a, b) => b.Prefix.Length.CompareTo(a.Prefix.Length));
    }

    internal ServerHandler? Find(string path)
    {
        if (_methods.TryGetValue(path, out ServerHandler? handler))
        {
            return handler;
        }

        foreach ((string prefix, ServerHandler behind) in _prefixes)
        {
            if (path.StartsWith(prefix, StringComparison.Ordinal))
            {
                return behind;
            }
        }

        return null;
    }

    private static async Task<TRequest> ReadOnlyRequestAsync<TRequest, TResponse>(
        ServerCall call, RpcMethod<TRequest, TResponse> method, CancellationToken cancellationToken)
    {
        MessageSource<TRequest> requests = call.Requests(method.Request);
        if (!await requests.MoveNextAsync(cancellationToken))
        {
            throw new RpcException(StatusCode.Unimplemented, $"{method.Path} takes one request and got none");
        }

        TRequest request = requests.Current;
        return await requests.MoveNextAsync(cancellationToken)
            ? throw new RpcException(StatusCode.Unimplemented, $"{method.Path} takes one request and got more")
            : request;
    }

    private static ValueTask AnswerAsync<TRequest, TResponse>(
        ServerCall call, TResponse response, RpcMethod<TRequest, TResponse> method, CancellationToken cancellationToken) =>
        call.WriteLastAsync(new MessageFrame().Fill(response, method.Response), cancellationToken);
}
