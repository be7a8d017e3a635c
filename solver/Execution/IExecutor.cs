namespace Cairn.Solver.Execution;

/// <summary>Runs one process of a build in a container of its own.</summary>
public interface IExecutor
{
    /// <summary>Runs the process to its end; when this returns or throws, nothing of the container is left.</summary>
    /// <param name="request">What to run and what it sees.</param>
    /// <param name="output">Receives the process's streams while it runs; called by two threads, one per stream.</param>
    /// <param name="cancellationToken">Kills the process with SIGKILL.</param>
    /// <returns>How the process ended; a nonzero code is not an exception here.</returns>
    /// <exception cref="Cairn.Llb.BuildException">The request is not acceptable, or the container could not be started.</exception>
    Task<ExecExit> RunAsync(ExecRequest request, IExecOutput output, CancellationToken cancellationToken);
}
