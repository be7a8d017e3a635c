using Cairn.Protos.Gateway;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Solver;
using Cairn.Wire.Methods;
using Xunit;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Daemon.Tests.Bridge;

/// <summary>A client that drives one build over the bridge, and the processes that it has started.</summary>
internal sealed class BridgeClient : IAsyncDisposable
{
    private const string Tools =
        "FROM scratch\nCOPY busybox /bin/busybox\nRUN [\"/bin/busybox\", \"--install\", \"-s\", \"/bin\"]\n";

    private readonly Task<BuildResult> _build;

    private BridgeClient(RpcChannel channel, Task<BuildResult> build, string id, string context)
    {
        Context = context;
        Channel = channel;
        _build = build;
        Id = id;
    }

    public RpcChannel Channel { get; }

    public string Id { get; }

    /// <summary>Its directory.</summary>
    public string Context { get; }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Begins a build with a context in which busybox and a Dockerfile lie.</summary>
    /// <param name="engine">What builds.</param>
    /// <param name="more">Lines after those that install the tools.</param>
    public static async Task<BridgeClient> StartAsync(BridgedEngine engine, string more = "")
    {
        string id = Guid.NewGuid().ToString("N");
        string context = engine.Workspace.Context("context-" + id, Tools + more);
        RpcChannel channel = await engine.ConnectAsync();
        return new BridgeClient(channel, engine.SolveAsync(id, context), id, context);
    }

    public Task<TResponse> CallAsync<TRequest, TResponse>(RpcMethod<TRequest, TResponse> method, TRequest request) =>
        Channel.CallAsync(method, request, BridgedEngine.Of(Id), Cancelled);

    /// <summary>The Dockerfile's result.</summary>
    public async Task<Result> DockerfileAsync(bool evaluate = false) => (await CallAsync(
        BridgeMethods.Solve, new SolveRequest { Frontend = "dockerfile.v0", AllowResultReturn = true, AllowResultArrayRef = true, Evaluate = evaluate })).Result;

    /// <summary>A container on the Dockerfile's result.</summary>
    public async Task ContainerAsync(string id, Func<NewContainerRequest, NewContainerRequest>? change = null)
    {
        var request = new NewContainerRequest { ContainerID = id, Mounts = { new Pb.Mount { Dest = "/", ResultID = (await DockerfileAsync()).Ref.Id } } };
        await CallAsync(BridgeMethods.NewContainer, change?.Invoke(request) ?? request);
    }

    public async Task<BridgeProcesses> ExecAsync() =>
        new(await Channel.BeginAsync(BridgeMethods.ExecProcess, BridgedEngine.Of(Id), Cancelled));

    /// <summary>Returns nothing, and waits for the end of the build.</summary>
    public Task EndAsync() => EndOverAsync(Channel);

    /// <summary>The same, over another connection.</summary>
    public async Task EndOverAsync(RpcChannel channel)
    {
        await channel.CallAsync(BridgeMethods.Return, new ReturnRequest { Result = new Result { Ref = new Ref() } }, BridgedEngine.Of(Id), Cancelled);
        await _build;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_build.IsCompleted)
        {
            await EndAsync();
        }

        await Channel.DisposeAsync();
    }
}
