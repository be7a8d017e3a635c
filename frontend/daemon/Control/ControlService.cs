using System.Threading.Channels;
using Cairn.Daemon.History;
using Cairn.Protos.Control;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Server;
using Cairn.Solver;
using Cairn.Wire.Methods;
using Google.Protobuf.WellKnownTypes;
using PruneOrder = Cairn.Solver.PruneRequest;
using PruneRequest = Cairn.Protos.Control.PruneRequest;

namespace Cairn.Daemon.Control;

/// <summary>Serves <c>moby.buildkit.v1.Control</c>, apart from Session.</summary>
internal sealed class ControlService(
    WorkerList workers, SolveHandler solves, StatusHandler status, HistoryBook history, BuildSolver solver, TimeProvider clock)
{
    private const long NanosecondsPerTick = 100;

    /// <summary>Adds the methods to a table.</summary>
    public void AddTo(RpcServices services)
    {
        services.AddUnary(ControlMethods.Info, static (_, _, _) => Task.FromResult(new InfoResponse { BuildkitVersion = WorkerList.Version }));
        services.AddUnary(ControlMethods.ListWorkers, (request, _, _) => Task.FromResult(workers.List(request)));
        services.AddUnary(ControlMethods.Solve, solves.SolveAsync);
        services.AddServerStream(ControlMethods.Status, status.SendAsync);
        services.AddUnary(ControlMethods.DiskUsage, (request, _, _) => Task.Run(() => Usage(request)));
        services.AddServerStream(ControlMethods.Prune, (request, responses, _, token) => PruneAsync(request, responses, token));
        services.AddServerStream(ControlMethods.ListenBuildHistory, ListenAsync);
        services.AddUnary(ControlMethods.UpdateBuildHistory, (request, _, _) => Task.Run(() =>
        {
            history.Update(request);
            return new UpdateBuildHistoryResponse();
        }));
    }

    private Task ListenAsync(
        BuildHistoryRequest request, MessageSink<BuildHistoryEvent> responses, ServerCall call, CancellationToken cancellationToken)
    {
        StatusHandler.TellTime(call, clock);
        return history.ListenAsync(request, responses, clock, cancellationToken);
    }

    private DiskUsageResponse Usage(DiskUsageRequest request)
    {
        DateTimeOffset latest = clock.GetUtcNow() - TimeSpan.FromTicks(request.AgeLimit / NanosecondsPerTick);
        var response = new DiskUsageResponse();
        response.Record.Add(solver.Store.DiskUsage(Filters(request.Filter))
            .Where(record => request.AgeLimit <= 0 || (record.LastUsedAt ?? record.CreatedAt) < latest)
            .Select(Tell));
        return response;
    }

    private async Task PruneAsync(PruneRequest request, MessageSink<UsageRecord> responses, CancellationToken cancellationToken)
    {
        var order = new PruneOrder
        {
            All = request.All,
            Filters = Filters(request.Filter),
            KeepDuration = TimeSpan.FromTicks(request.KeepDuration / NanosecondsPerTick),
            ReservedSpace = request.ReservedSpace,
            MaxUsedSpace = request.MaxUsedSpace,
            MinFreeSpace = request.MinFreeSpace,
        };

        // A client that reads slowly does not hold the removal up.
        var removed = Channel.CreateUnbounded<StoredRecord>();
        Task work = Task.Run(
            async () =>
            {
                try
                {
                    await solver.Store.PruneAsync(order, record => removed.Writer.TryWrite(record), cancellationToken);
                }
                finally
                {
                    removed.Writer.TryComplete();
                }
            },
            cancellationToken);
        await foreach (StoredRecord record in removed.Reader.ReadAllAsync(cancellationToken))
        {
            UsageRecord message = Tell(record);
            message.RecordType = "";
            message.Shared = false;
            await responses.WriteAsync(message, cancellationToken);
        }

        await work;
    }

    // Clients send an empty one when they were given none.
    private static string[] Filters(IEnumerable<string> filters) => [.. filters.Where(static filter => filter.Length > 0)];

    private static UsageRecord Tell(StoredRecord record)
    {
        var message = new UsageRecord
        {
            ID = record.Id,
            Mutable = record.IsMutable,
            InUse = record.IsInUse,
            Size = record.Size,
            CreatedAt = Timestamp.FromDateTimeOffset(record.CreatedAt),
            LastUsedAt = record.LastUsedAt is { } used ? Timestamp.FromDateTimeOffset(used) : null,
            UsageCount = record.UsageCount,
            Description = record.Description,
            RecordType = record.RecordType,
            Shared = record.IsShared,
        };
        message.Parents.Add(record.Parents);
        return message;
    }
}
