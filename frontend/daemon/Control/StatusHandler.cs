using System.Globalization;
using Cairn.Daemon.History;
using Cairn.Protos.Control;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Server;

namespace Cairn.Daemon.Control;

/// <summary>Carries Control.Status out: the news of a build from its beginning, also of one that is about to begin or that ended long ago.</summary>
/// <remarks>Source: control-and-status.md, section 17.</remarks>
internal sealed class StatusHandler(LiveBuilds builds, HistoryBook history, TimeProvider clock)
{
    // Clients ask for the news at the same time as for the build.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);

    private readonly TimeProvider _clock = clock;

    /// <summary>Sends the news until the build's end.</summary>
    public async Task SendAsync(StatusRequest request, MessageSink<StatusResponse> responses, ServerCall call, CancellationToken cancellationToken)
    {
        TellTime(call, _clock);
        LiveBuild? build = builds.TryFind(request.Ref);
        if (build is null && history.TryReadStatus(request.Ref) is { } recorded)
        {
            foreach (StatusResponse message in recorded)
            {
                await responses.WriteAsync(message, cancellationToken);
            }

            return;
        }

        build ??= await builds.TryFindAsync(request.Ref, Patience, cancellationToken)
            ?? throw new RpcException(StatusCode.NotFound, $"no such job {request.Ref}");
        await foreach (StatusResponse message in build.Feed.ReadAsync(cancellationToken))
        {
            await responses.WriteAsync(message, cancellationToken);
        }
    }

    /// <summary>Clients correct the difference between the clocks with it.</summary>
    public static void TellTime(ServerCall call, TimeProvider clock)
    {
        call.ResponseHeaders.Add("buildkit-current-timestamp", clock.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture));
        call.SendHeaders();
    }
}
