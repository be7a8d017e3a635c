using Cairn.Cli.Progress;
using Cairn.Protos.Control;
using Cairn.Solver.Progress;

namespace Cairn.Cli.Remote;

/// <summary>Shows a daemon's news.</summary>
internal static class NewsPump
{
    public static async Task RunAsync(IAsyncEnumerable<StatusResponse> news, ProgressPump pump)
    {
        await foreach (StatusResponse message in news)
        {
            foreach (BuildEvent one in StatusEvents.Of(message))
            {
                pump.Write(one);
            }
        }
    }
}
