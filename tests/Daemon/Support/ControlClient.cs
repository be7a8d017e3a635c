using Cairn.Llb.Building;
using Cairn.Protos.Control;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Wire.Methods;
using Xunit;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Daemon.Tests.Support;

/// <summary>Short words for what tests ask of a daemon.</summary>
internal static class ControlClient
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>One file op.</summary>
    public static Pb.Definition File(string name, string content) =>
        State.Scratch.File(FileActions.None.MakeFile("/" + name, 0x1a4, System.Text.Encoding.UTF8.GetBytes(content))).Marshal();

    public static Task<SolveResponse> SolveAsync(this RpcChannel channel, SolveRequest request) =>
        channel.CallAsync(ControlMethods.Solve, request, new RpcCallOptions(), Token);

    public static async Task<RpcException> FailAsync(Func<Task> call) => await Assert.ThrowsAsync<RpcException>(call);

    public static async Task<List<TResponse>> ReadAllAsync<TRequest, TResponse>(
        this RpcChannel channel, RpcMethod<TRequest, TResponse> method, TRequest request)
    {
        await using ClientCall<TRequest, TResponse> call = await channel.BeginAsync(method, new RpcCallOptions(), Token);
        await call.Requests.WriteAsync(request, Token);
        await call.Requests.CompleteAsync(Token);
        List<TResponse> all = [];
        await foreach (TResponse one in call.Responses)
        {
            all.Add(one);
        }

        return all;
    }

    /// <summary>The records of the history now.</summary>
    public static Task<List<BuildHistoryEvent>> HistoryAsync(this RpcChannel channel, Action<BuildHistoryRequest>? change = null)
    {
        var request = new BuildHistoryRequest { EarlyExit = true };
        change?.Invoke(request);
        return channel.ReadAllAsync(ControlMethods.ListenBuildHistory, request);
    }
}
