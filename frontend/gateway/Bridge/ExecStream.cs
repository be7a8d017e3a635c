using Cairn.Protos.Gateway;
using Cairn.Rpc.Calls;
using Cairn.Solver.Containers;
using Cairn.Wire.Errors;

namespace Cairn.Frontend.Gateway.Bridge;

/// <summary>One stream of processes: starts them and takes their input from it, and sends their output. They end with the stream.</summary>
/// <param name="find">The container of an id.</param>
/// <param name="responses">Where messages go.</param>
/// <param name="describe">What is told of an error.</param>
/// <param name="clock">The time.</param>
internal sealed class ExecStream(
    Func<string, Task<BuildContainer>> find, MessageSink<ExecMessage> responses, Func<Exception, ErrorStatus> describe, TimeProvider clock) : IAsyncDisposable
{
    private readonly Dictionary<string, ServedProcess> _processes = new(StringComparer.Ordinal);   // the reading loop's own
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly CancellationTokenSource _ended = new();

    /// <summary>Reads until the caller has no more to say and all its processes have ended.</summary>
    /// <exception cref="RpcException">A message makes no sense.</exception>
    public async Task RunAsync(MessageSource<ExecMessage> requests, CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration registration = cancellationToken.Register(_ended.Cancel);
        while (await requests.MoveNextAsync(cancellationToken))
        {
            ExecMessage message = requests.Current;
            if (message.ProcessID.Length == 0)
            {
                throw new RpcException(StatusCode.InvalidArgument, "a message without a process id");
            }

            if (message.InputCase == ExecMessage.InputOneofCase.Init)
            {
                await StartAsync(message.ProcessID, message.Init);
                continue;
            }

            // What still comes for one that has ended was sent before the sender could know.
            ServedProcess process = _processes.GetValueOrDefault(message.ProcessID)
                ?? throw new RpcException(StatusCode.NotFound, $"process {message.ProcessID} not found");
            await process.TakeAsync(message, cancellationToken);
        }

        await Task.WhenAll(_processes.Values.Select(static process => process.Ended)).WaitAsync(cancellationToken);
    }

    /// <summary>Sends a message; one at a time.</summary>
    public async Task SendAsync(ExecMessage message, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            await responses.WriteAsync(message, cancellationToken);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Kills what still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        foreach (ServedProcess process in _processes.Values)
        {
            await process.Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _ended.Dispose();
        _sending.Dispose();
    }

    private async Task StartAsync(string id, InitMessage init)
    {
        if (_processes.TryGetValue(id, out ServedProcess? known) && !known.Ended.IsCompleted)
        {
            throw new RpcException(StatusCode.AlreadyExists, $"process {id} already exists");
        }

        if (init.Fds.FirstOrDefault(static fd => fd > 2) is > 0 and uint other)
        {
            throw new RpcException(StatusCode.InvalidArgument, $"descriptor {other} of a process cannot be had: only 0, 1 and 2");
        }

        BuildContainer container = await find(init.ContainerID);
        _processes[id] = new ServedProcess(id, init, container, this, describe, clock, _ended.Token);
    }
}
