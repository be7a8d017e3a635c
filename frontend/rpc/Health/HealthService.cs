using System.Threading.Channels;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Server;

namespace Cairn.Rpc.Health;

/// <summary>Tells callers which services take calls. The server as a whole, named "", does from the start.</summary>
public sealed class HealthService
{
    private readonly Lock _gate = new();   // guards both
    private readonly Dictionary<string, ServingStatus> _statuses = new(StringComparer.Ordinal) { [""] = ServingStatus.Serving };
    private readonly List<(string Service, ChannelWriter<ServingStatus> Changes)> _watchers = [];

    /// <summary>Adds both methods to a table.</summary>
    public void AddTo(RpcServices services)
    {
        services.AddUnary(HealthMethods.Check, CheckAsync);
        services.AddServerStream(HealthMethods.Watch, WatchAsync);
    }

    /// <summary>Says how a service is from now on.</summary>
    public void Set(string service, ServingStatus status)
    {
        lock (_gate)
        {
            _statuses[service] = status;
            foreach ((string watched, ChannelWriter<ServingStatus> changes) in _watchers)
            {
                if (watched == service)
                {
                    changes.TryWrite(status);
                }
            }
        }
    }

    private Task<ServingStatus> CheckAsync(string service, ServerCall call, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _statuses.TryGetValue(service, out ServingStatus status)
                ? Task.FromResult(status)
                : Task.FromException<ServingStatus>(new RpcException(StatusCode.NotFound, $"unknown service {service}"));
        }
    }

    private async Task WatchAsync(string service, MessageSink<ServingStatus> responses, ServerCall call, CancellationToken cancellationToken)
    {
        // A watcher that is slow misses what was in between, never the last word.
        var changes = Channel.CreateBounded<ServingStatus>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_gate)
        {
            changes.Writer.TryWrite(_statuses.GetValueOrDefault(service, ServingStatus.ServiceUnknown));
            _watchers.Add((service, changes.Writer));
        }

        try
        {
            await foreach (ServingStatus status in changes.Reader.ReadAllAsync(cancellationToken))
            {
                await responses.WriteAsync(status, cancellationToken);
            }
        }
        finally
        {
            lock (_gate)
            {
                _watchers.Remove((service, changes.Writer));
            }
        }
    }
}
