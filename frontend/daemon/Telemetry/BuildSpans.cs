using System.Security.Cryptography;
using Cairn.Daemon.Control;
using Cairn.Protos.Control;
using Cairn.Protos.OpenTelemetry;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using SpanStatus = Cairn.Protos.OpenTelemetry.Status;

namespace Cairn.Daemon.Telemetry;

/// <summary>A build and its steps as spans of the client's trace, or of one of their own.</summary>
/// <remarks>Source: OpenTelemetry trace data model; W3C Trace Context for <c>traceparent</c>.</remarks>
internal static class BuildSpans
{
    private const int TraceBytes = 16;
    private const int SpanBytes = 8;
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>The spans of a build that has ended.</summary>
    /// <param name="build">The build.</param>
    /// <param name="traceParent">What the client sent; may be null.</param>
    /// <param name="messages">All that was told of it.</param>
    /// <param name="error">Why it failed; null if it did not.</param>
    public static ExportTraceServiceRequest Of(LiveBuild build, string? traceParent, IEnumerable<StatusResponse> messages, string? error)
    {
        (ByteString trace, ByteString parent) = Read(traceParent);
        var root = new Span
        {
            TraceId = trace,
            SpanId = NewId(SpanBytes),
            ParentSpanId = parent,
            Name = "moby.buildkit.v1.Control/Solve",
            Kind = Span.Types.SpanKind.Server,
            StartTimeUnixNano = Nanoseconds(Timestamp.FromDateTimeOffset(build.Created)),
            EndTimeUnixNano = Nanoseconds(Timestamp.FromDateTimeOffset(build.Ended ?? build.Created)),
            Status = StatusOf(error),
        };
        root.Attributes.Add(Attribute("build.ref", build.Id));
        var scope = new ScopeSpans { Scope = new InstrumentationScope { Name = "cairn" } };
        scope.Spans.Add(root);
        HashSet<(string, Timestamp)> seen = [];
        foreach (Vertex vertex in messages.SelectMany(static message => message.Vertexes))
        {
            if (vertex.Started is null || vertex.Completed is null || !seen.Add((vertex.Digest, vertex.Started)))
            {
                continue;
            }

            var span = new Span
            {
                TraceId = trace,
                SpanId = NewId(SpanBytes),
                ParentSpanId = root.SpanId,
                Name = vertex.Name,
                Kind = Span.Types.SpanKind.Internal,
                StartTimeUnixNano = Nanoseconds(vertex.Started),
                EndTimeUnixNano = Nanoseconds(vertex.Completed),
                Status = StatusOf(vertex.Error.Length > 0 ? vertex.Error : null),
            };
            span.Attributes.Add(Attribute("vertex", vertex.Digest));
            span.Attributes.Add(new KeyValue { Key = "cached", Value = new AnyValue { BoolValue = vertex.Cached } });
            scope.Spans.Add(span);
        }

        var resource = new ResourceSpans { Resource = new Resource() };
        resource.Resource.Attributes.Add(Attribute("service.name", "cairn"));
        resource.ScopeSpans.Add(scope);
        var request = new ExportTraceServiceRequest();
        request.ResourceSpans.Add(resource);
        return request;
    }

    private static SpanStatus StatusOf(string? error) => error is null
        ? new SpanStatus { Code = SpanStatus.Types.StatusCode.Ok }
        : new SpanStatus { Code = SpanStatus.Types.StatusCode.Error, Message = error };

    private static KeyValue Attribute(string key, string value) => new() { Key = key, Value = new AnyValue { StringValue = value } };

    private static ByteString NewId(int bytes) => ByteString.CopyFrom(RandomNumberGenerator.GetBytes(bytes));

    private static ulong Nanoseconds(Timestamp time) => (ulong)((time.Seconds * NanosecondsPerSecond) + time.Nanos);

    private static (ByteString Trace, ByteString Parent) Read(string? traceParent)
    {
        string[] parts = traceParent?.Split('-') ?? [];
        try
        {
            if (parts is [_, { Length: 2 * TraceBytes } trace, { Length: 2 * SpanBytes } parent, ..])
            {
                return (ByteString.CopyFrom(Convert.FromHexString(trace)), ByteString.CopyFrom(Convert.FromHexString(parent)));
            }
        }
        catch (FormatException)
        {
            // Not what it says it is: a trace of its own.
        }

        return (NewId(TraceBytes), ByteString.Empty);
    }
}
