using Cairn.Protos.OpenTelemetry;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Server;
using Cairn.Wire.Methods;

namespace Cairn.Daemon.Telemetry;

/// <summary>Takes the spans of clients and hands them on, if there is a collector.</summary>
internal sealed class TraceService(SpanForwarder? forwarder)
{
    public void AddTo(RpcServices services) => services.AddUnary(TraceMethods.Export, (request, _, _) =>
    {
        if (forwarder is null)
        {
            throw new RpcException(StatusCode.Unavailable, "trace collector not configured");
        }

        forwarder.Take(request);
        return Task.FromResult(new ExportTraceServiceResponse());
    });
}
