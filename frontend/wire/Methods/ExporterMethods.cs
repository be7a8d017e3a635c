using Cairn.Protos.Exporters;
using Cairn.Rpc.Calls;

namespace Cairn.Wire.Methods;

/// <summary>Session service: exporters that the client chooses when the result is known.</summary>
public static class ExporterMethods
{
    /// <summary>Full name of the service.</summary>
    public const string Service = "moby.exporter.v1.Exporter";

    /// <summary>The exporters for a result.</summary>
    public static RpcMethod<FindExportersRequest, FindExportersResponse> FindExporters { get; } =
        ProtoMarshaller.Method($"/{Service}/FindExporters", FindExportersRequest.Parser, FindExportersResponse.Parser);

    /// <summary>Tells what has been exported.</summary>
    public static RpcMethod<FinalizeExportRequest, FinalizeExportResponse> FinalizeExport { get; } =
        ProtoMarshaller.Method($"/{Service}/FinalizeExport", FinalizeExportRequest.Parser, FinalizeExportResponse.Parser);
}
