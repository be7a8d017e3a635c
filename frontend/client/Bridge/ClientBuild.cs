using Cairn.Client.Building;
using Cairn.Llb;
using Cairn.Protos.Gateway;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Wire.Errors;

namespace Cairn.Client.Bridge;

/// <summary>Runs the function that says what to build, and gives its result, or its failure, to the daemon.</summary>
/// <remarks>Source: gateway.md, section 2.</remarks>
internal static class ClientBuild
{
    private static readonly TimeSpan FailureLimit = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(
        RpcChannel channel,
        string build,
        SolvePlan plan,
        Func<GatewayClient, CancellationToken, Task<Result>> solve,
        Task<Protos.Control.SolveResponse> solving,
        CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task callback = CallAsync(channel, build, plan, solve, stop.Token);
        if (await Task.WhenAny(callback, solving) == solving)
        {
            await stop.CancelAsync();   // the daemon has ended the build, so nobody waits for the function any more
        }

        await callback.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (callback.IsFaulted && !solving.IsCompleted)
        {
            // The daemon has been told, and fails the build with the same error; the function's own is thrown if it does not.
            await Task.WhenAny(solving, Task.Delay(FailureLimit, cancellationToken));
        }

        if (callback.IsFaulted && !solving.IsFaulted)
        {
            await callback;
        }
    }

    private static async Task CallAsync(
        RpcChannel channel, string build, SolvePlan plan, Func<GatewayClient, CancellationToken, Task<Result>> solve, CancellationToken cancellationToken)
    {
        GatewayClient gateway = await GatewayClient.OpenAsync(channel, build, plan.Imports, cancellationToken);
        Result result;
        try
        {
            result = await solve(gateway, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)   // whatever the caller's function throws fails the build
        {
            ErrorStatus status = e is BuildException error ? ErrorStatus.Of(error) : new ErrorStatus(StatusCode.Unknown, e.Message);
            await gateway.ReturnAsync(new ReturnRequest { Error = status.ToMessage() }, cancellationToken);
            throw;
        }

        if (result.ResultCase == Result.ResultOneofCase.None)
        {
            result = result.Clone();
            result.Ref = new Ref();   // a valid result without a filesystem
        }

        await gateway.ReturnAsync(new ReturnRequest { Result = result }, cancellationToken);
    }
}
