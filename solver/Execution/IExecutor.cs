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

    /// <summary>As the other, with a hold on the process while it runs.</summary>
    /// <param name="request">What to run and what it sees; its console is what the hold says.</param>
    /// <param name="output">Receives the process's streams; a terminal is stream 1.</param>
    /// <param name="live">The hold; disposed by the caller after the process has ended.</param>
    /// <param name="cancellationToken">Kills the process with SIGKILL.</param>
    Task<ExecExit> RunAsync(ExecRequest request, IExecOutput output, LiveProcess live, CancellationToken cancellationToken);

    /// <summary>Runs one more process in the container of another, to its end. It ends with that one, at the latest.</summary>
    /// <param name="first">The process that the container was made for; waited for until it is there.</param>
    /// <param name="request">What to run; root, mounts and the rest of the container are the first process's.</param>
    /// <param name="output">Receives the process's streams; a terminal is stream 1.</param>
    /// <param name="live">The hold; disposed by the caller after the process has ended.</param>
    /// <param name="cancellationToken">Kills the process with SIGKILL.</param>
    /// <exception cref="Cairn.Llb.BuildException">The container is gone, or the process could not be started.</exception>
    Task<ExecExit> ExecAsync(LiveProcess first, ExecRequest request, IExecOutput output, LiveProcess live, CancellationToken cancellationToken);
}
