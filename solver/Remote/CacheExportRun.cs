using System.Globalization;
using Cairn.Cache.Refs;
using Cairn.Solver.Jobs;
using Cairn.Solver.Keys;
using Cairn.Solver.Progress;
using Cairn.Solver.Sessions;
using Microsoft.Extensions.Logging;

namespace Cairn.Solver.Remote;

/// <summary>Exports what one build may be found by, to all places that were asked for.</summary>
internal sealed class CacheExportRun(BuildJob job, BuildEngine engine, IReadOnlyList<CacheExport> exports, FrontendSolve solve)
{
    private const string ResponsePrefix = "cache.";

    private readonly ILogger _logger = engine.Services.Loggers.CreateLogger<CacheExportRun>();

    /// <summary>Runs the exports at the same time and adds what they respond.</summary>
    public async Task RunAsync(SortedDictionary<string, string> response, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<IReadOnlyDictionary<string, string>>[] runs = [.. exports.Select((export, index) => RunAsync(export, index, stop))];
        foreach (IReadOnlyDictionary<string, string> entries in await FirstFailure.WhenAllAsync(runs, stop))
        {
            foreach ((string key, string value) in entries.Where(static entry => entry.Key.StartsWith(ResponsePrefix, StringComparison.Ordinal)))
            {
                response[key] = value;
            }
        }
    }

    private async Task<IReadOnlyDictionary<string, string>> RunAsync(CacheExport export, int index, CancellationTokenSource stop)
    {
        try
        {
            return await engine.ShowAsync(
                job,
                string.Create(CultureInfo.InvariantCulture, $"{job.Session.Id}-cache-{index}"),
                export.Target.Name,
                channel => ExportAsync(export, channel, stop.Token));
        }
        catch (Exception e) when (export.IgnoresErrors && !stop.IsCancellationRequested)
        {
            _logger.CacheNotExported(export.Target.Name, e);
            return new Dictionary<string, string>(StringComparer.Ordinal);
        }
    }

    private async Task<IReadOnlyDictionary<string, string>> ExportAsync(CacheExport export, VertexChannel channel, CancellationToken cancellationToken)
    {
        var refs = new RefContext(engine.Services.Fetchers.For(SessionGroup.Of(job.Session)), channel);
        RemoteCache cache;
        using (channel.Step("preparing build cache for export"))
        {
            var chains = new List<CacheChain>();
            foreach (SolvedRef solved in solve.Platforms.Select(static platform => platform.Ref).OfType<SolvedRef>())
            {
                chains.Add(await job.ChainAsync(solved.Edge, export.Mode, cancellationToken));
            }

            cache = await new CacheExporter(export.Blobs, refs).ExportAsync(chains, cancellationToken);
        }

        if (cache.Layers.Count == 0)
        {
            using IProgressItem skipped = channel.Step("skipping cache export for empty result");
            return new Dictionary<string, string>(StringComparer.Ordinal);
        }

        using IProgressItem sending = channel.Step("sending cache export");
        return await export.Target.WriteAsync(cache, new CacheTransfer(job.Session, engine.Services.Cache, refs, channel), cancellationToken);
    }
}
