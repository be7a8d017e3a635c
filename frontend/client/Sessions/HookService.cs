using Cairn.Protos.Exporters;
using Cairn.Rpc.Server;
using Cairn.Wire.Methods;

namespace Cairn.Client.Sessions;

/// <summary>Lets the daemon ask the caller's own functions.</summary>
internal static class HookService
{
    public static void AddTo(RpcServices services, SessionOptions options)
    {
        if (options.FindExporters is { } find)
        {
            services.AddUnary(ExporterMethods.FindExporters, (request, _, token) => find(request, token));
        }

        if (options.FinalizeExport is { } finish)
        {
            services.AddUnary(ExporterMethods.FinalizeExport, async (request, _, token) =>
            {
                await finish(request, token);
                return new FinalizeExportResponse();
            });
        }

        if (options.CheckPolicy is { } check)
        {
            services.AddUnary(PolicyMethods.CheckPolicy, (request, _, token) => check(request, token));
        }
    }
}
