using System.Net.Http.Headers;
using System.Threading.Channels;
using Cairn.Protos.OpenTelemetry;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace Cairn.Daemon.Telemetry;

/// <summary>Hands spans to a collector over HTTP, in the background; what a slow collector does not take is dropped.</summary>
/// <remarks>Source: OpenTelemetry protocol specification, OTLP/HTTP; environment variables as the SDKs have them.</remarks>
internal sealed class SpanForwarder : IAsyncDisposable
{
    private const int MostWaiting = 256;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Uri _collector;
    private readonly ILogger _logger;
    private readonly HttpClient _client = new() { Timeout = Patience };
    private readonly Channel<ExportTraceServiceRequest> _waiting = Channel.CreateBounded<ExportTraceServiceRequest>(
        new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropOldest });

    private readonly Task _loop;

    private SpanForwarder(Uri collector, ILogger logger)
    {
        _collector = collector;
        _logger = logger;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>The collector that the environment names; null if it names none.</summary>
    public static SpanForwarder? FromEnvironment(ILogger logger)
    {
        string? all = Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT");
        string? address = Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") is { Length: > 0 } traces
            ? traces
            : all is { Length: > 0 } ? all.TrimEnd('/') + "/v1/traces" : null;
        return Uri.TryCreate(address, UriKind.Absolute, out Uri? collector) && collector.Scheme is "http" or "https"
            ? new SpanForwarder(collector, logger)
            : null;
    }

    /// <summary>Takes spans; never waits.</summary>
    public void Take(ExportTraceServiceRequest spans) => _waiting.Writer.TryWrite(spans);

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _loop;
        _client.Dispose();
    }

    private async Task RunAsync()
    {
        await foreach (ExportTraceServiceRequest spans in _waiting.Reader.ReadAllAsync())
        {
            try
            {
                using var content = new ByteArrayContent(spans.ToByteArray());
                content.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
                using HttpResponseMessage answer = await _client.PostAsync(_collector, content, CancellationToken.None);
                answer.EnsureSuccessStatusCode();
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                _logger.SpansNotSent(_collector, e);
            }
        }
    }
}
