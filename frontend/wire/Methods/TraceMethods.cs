using Cairn.Protos.OpenTelemetry;
using Cairn.Rpc.Calls;

namespace Cairn.Wire.Methods;

/// <summary>Where clients hand over their spans.</summary>
public static class TraceMethods
{
    /// <summary>Full name of the service.</summary>
    public const string Service = "opentelemetry.proto.collector.trace.v1.TraceService";

    /// <summary>Takes spans.</summary>
    public static RpcMethod<ExportTraceServiceRequest, ExportTraceServiceResponse> Export { get; } =
        ProtoMarshaller.Method($"/{Service}/Export", ExportTraceServiceRequest.Parser, ExportTraceServiceResponse.Parser);
}
