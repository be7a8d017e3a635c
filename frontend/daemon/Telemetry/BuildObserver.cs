using Cairn.Daemon.Control;
using Cairn.Daemon.History;
using Cairn.Protos.Control;
using Cairn.Rpc.Calls;
using Microsoft.Extensions.Logging;

namespace Cairn.Daemon.Telemetry;

/// <summary>Watches builds end: counts them, tells of them in the log, and hands their spans on.</summary>
/// <param name="meter">Counts.</param>
/// <param name="spans">Takes spans; null if there is no collector.</param>
/// <param name="collection">The cache has grown.</param>
/// <param name="logger">The daemon's log.</param>
internal sealed class BuildObserver(BuildMeter meter, SpanForwarder? spans, GcKeeper collection, ILogger logger)
{
    /// <summary>A build has ended.</summary>
    public async Task TakeAsync(LiveBuild build, string? traceParent, StepCounts counts, Exception? error)
    {
        collection.Ask();
        if (build.Request.Internal)
        {
            return;
        }

        string result = error switch
        {
            null => "completed",
            OperationCanceledException or RpcException { Status.Code: StatusCode.Cancelled } => "canceled",
            _ => "failed",
        };
        TimeSpan elapsed = (build.Ended ?? build.Created) - build.Created;
        var record = new BuildHistoryRecord();
        counts.WriteTo(record);
        meter.Take(result, elapsed, record, counts.Failed);
        logger.BuildEnded(build.Id, elapsed, result);
        if (spans is not null)
        {
            List<StatusResponse> messages = [];
            await foreach (StatusResponse message in build.Feed.ReadAsync(CancellationToken.None))
            {
                messages.Add(message);
            }

            spans.Take(BuildSpans.Of(build, traceParent, messages, error?.Message));
        }
    }
}
