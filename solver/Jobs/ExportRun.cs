using System.Globalization;
using System.Text;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Solver.Exporters;
using Cairn.Solver.Progress;
using Cairn.Solver.Remote;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Jobs;

/// <summary>Carries the result of one build out, by all exporters that were asked for.</summary>
internal sealed class ExportRun(BuildJob job, BuildEngine engine, IReadOnlyList<IExporter> exporters, FrontendSolve solve, bool isInline)
{
    private const string EpochKey = "source.date.epoch";
    private const string ConfigKey = "containerimage.config";
    private const string BaseConfigKey = "containerimage.base.config";

    private readonly SessionGroup _sessions = SessionGroup.Of(job.Session);

    /// <summary>Runs the exporters at the same time.</summary>
    /// <returns>What they respond; of equal keys the later exporter's entry stays.</returns>
    public async Task<SortedDictionary<string, string>> RunAsync(CancellationToken cancellationToken)
    {
        // The first failure ends the others; it is the one that is told.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var response = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Task<IReadOnlyDictionary<string, string>>[] runs = [.. exporters.Select((exporter, index) => RunAsync(exporter, index, stop))];
        IReadOnlyDictionary<string, string>[] entries = await FirstFailure.WhenAllAsync(runs, stop);
        foreach (IReadOnlyDictionary<string, string> entry in entries)
        {
            foreach ((string key, string value) in entry)
            {
                response[key] = value;
            }
        }

        return response;
    }

    private Task<IReadOnlyDictionary<string, string>> RunAsync(IExporter exporter, int index, CancellationTokenSource stop) => engine.ShowAsync(
        job,
        string.Create(CultureInfo.InvariantCulture, $"{job.Session.Id}-export-{index}"),
        exporter.Name,
        channel => ExportAsync(exporter, index, channel, stop.Token));

    private async Task<IReadOnlyDictionary<string, string>> ExportAsync(
        IExporter exporter, int index, VertexChannel channel, CancellationToken cancellationToken)
    {
        const int MostAttempts = 3;
        for (int attempt = 1; ; attempt++)
        {
            var claims = new List<Delivered>();
            try
            {
                ExportRequest request = await RequestAsync(index, channel, claims, cancellationToken);
                return await exporter.ExportAsync(request, cancellationToken);
            }
            catch (Cairn.Cache.ResultLostException) when (attempt < MostAttempts)
            {
                // What was cached is gone: it is made again, and exported then.
                foreach (Delivered delivered in claims)
                {
                    engine.Scheduler.Lose(delivered.Id);
                }
            }
            finally
            {
                foreach (Delivered delivered in claims)
                {
                    delivered.Dispose();
                }
            }
        }
    }

    private async Task<ExportRequest> RequestAsync(
        int index, VertexChannel channel, List<Delivered> claims, CancellationToken cancellationToken)
    {
        var platforms = new List<ExportPlatform>();
        foreach (PlatformRef platform in solve.Platforms)
        {
            Delivered? delivered = platform.Ref is null ? null : await job.WantAsync(platform.Ref.Edge, cancellationToken);
            if (delivered is not null)
            {
                claims.Add(delivered);
            }

            platforms.Add(new ExportPlatform(
                platform.Id, platform.Platform, delivered?.Ref, ValueFor(ConfigKey, platform.Id), ValueFor(BaseConfigKey, platform.Id)));
        }

        return new ExportRequest
        {
            Index = index,
            Platforms = platforms,
            InlineCache = isInline ? (platform, layers, token) => InlineAsync(platform, layers, channel, token) : null,
            IsMultiPlatform = solve.IsMultiPlatform,
            Metadata = solve.Metadata,
            SourceDateEpoch = Epoch(),
            Session = job.Session,
            Cache = engine.Services.Cache,
            Progress = channel,
            Refs = new(engine.Services.Fetchers.For(_sessions), channel),
            Services = engine.Services,
        };
    }

    private async Task<byte[]?> InlineAsync(
        ExportPlatform platform, IReadOnlyList<LayerBlob> layers, VertexChannel channel, CancellationToken cancellationToken) =>
        platform.Ref is { } image && solve.Platforms.First(one => one.Id == platform.Id).Ref is { } solved
            ? await InlineCache.WriteAsync(job, solved, image, layers, channel, cancellationToken)
            : null;

    private byte[]? ValueFor(string key, string platform) =>
        platform.Length > 0 && solve.Metadata.TryGetValue($"{key}/{platform}", out byte[]? value)
            ? value
            : solve.Metadata.GetValueOrDefault(key);

    private DateTimeOffset? Epoch()
    {
        if (!solve.Metadata.TryGetValue(EpochKey, out byte[]? bytes) || bytes.Length == 0)
        {
            return null;
        }

        string text = Encoding.ASCII.GetString(bytes);
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : throw new BuildException(
                ErrorKind.Input, string.Empty, string.Empty, $"invalid SOURCE_DATE_EPOCH from frontend: \"{text}\" is not a number of seconds");
    }
}
