namespace Cairn.Solver.Tests.Jobs;

/// <summary>A frontend that is a function.</summary>
internal sealed class TestFrontend(Func<IFrontendBridge, CancellationToken, Task<FrontendSolve>> solve) : IFrontend
{
    public Task<FrontendSolve> SolveAsync(
        IFrontendBridge bridge, IReadOnlyDictionary<string, string> options, CancellationToken cancellationToken) =>
        solve(bridge, cancellationToken);
}
