namespace Cairn.Solver;

/// <summary>Turns options and files into a result, by way of the bridge.</summary>
public interface IFrontend
{
    /// <summary>Says what to build.</summary>
    /// <exception cref="Cairn.Llb.BuildException">The input is wrong.</exception>
    Task<FrontendSolve> SolveAsync(
        IFrontendBridge bridge, IReadOnlyDictionary<string, string> options, CancellationToken cancellationToken);
}
