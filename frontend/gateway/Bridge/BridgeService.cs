using Cairn.Rpc.Calls;
using Cairn.Rpc.Server;
using Cairn.Wire.Methods;

namespace Cairn.Frontend.Gateway.Bridge;

/// <summary>The calls of LLBBridge, for any number of frontends on one connection or on many.</summary>
/// <param name="find">Tells which frontend calls; throws if none does. Called once for each call.</param>
public sealed class BridgeService(Func<ServerCall, CancellationToken, ValueTask<ServedFrontend>> find)
{
    /// <summary>Adds the methods to a server.</summary>
    public void AddTo(RpcServices services)
    {
        ArgumentNullException.ThrowIfNull(services);
        Add(services, BridgeMethods.Ping, static (frontend, _, _) => frontend.PingAsync());
        Add(services, BridgeMethods.Inputs, static (frontend, _, _) => frontend.InputsAsync());
        Add(services, BridgeMethods.Solve, static (frontend, request, token) => frontend.SolveAsync(request, token));
        Add(services, BridgeMethods.Evaluate, static (frontend, request, token) => frontend.EvaluateAsync(request, token));
        Add(services, BridgeMethods.ReadFile, static (frontend, request, token) => frontend.ReadFileAsync(request, token));
        Add(services, BridgeMethods.ReadDir, static (frontend, request, token) => frontend.ReadDirectoryAsync(request, token));
        Add(services, BridgeMethods.StatFile, static (frontend, request, token) => frontend.StatAsync(request, token));
        Add(services, BridgeMethods.ResolveImageConfig, static (frontend, request, token) => frontend.ResolveImageConfigAsync(request, token));
        Add(services, BridgeMethods.Warn, static (frontend, request, _) => frontend.WarnAsync(request));
        Add(services, BridgeMethods.Return, static (frontend, request, _) => frontend.ReturnAsync(request));
        Add(services, BridgeMethods.NewContainer, static (frontend, request, token) => frontend.NewContainerAsync(request, token));
        Add(services, BridgeMethods.ReleaseContainer, static (frontend, request, _) => frontend.ReleaseContainerAsync(request));
        Add(services, BridgeMethods.ReadFileContainer, static (frontend, request, token) => frontend.ReadFileOfContainerAsync(request, token));
        Add(services, BridgeMethods.ReadDirContainer, static (frontend, request, token) => frontend.ReadDirectoryOfContainerAsync(request, token));
        Add(services, BridgeMethods.StatFileContainer, static (frontend, request, _) => frontend.StatInContainerAsync(request));
        services.AddDuplex(BridgeMethods.ExecProcess, async (requests, responses, call, token) =>
        {
            ServedFrontend frontend = await find(call, token);
            await frontend.WhileServedAsync(
                async both =>
                {
                    await frontend.ExecAsync(requests, responses, both);
                    return true;
                },
                token);
        });
    }

    private void Add<TRequest, TResponse>(
        RpcServices services, RpcMethod<TRequest, TResponse> method, Func<ServedFrontend, TRequest, CancellationToken, Task<TResponse>> handler) =>
        services.AddUnary(method, async (request, call, token) =>
        {
            ServedFrontend frontend = await find(call, token);
            return await frontend.WhileServedAsync(both => handler(frontend, request, both), token);
        });
}
