namespace Cairn.Solver.Execution;

/// <summary>Runs processes in containers.</summary>
public interface IExecutor
{
    /// <summary>Runs one process to its end. Nothing of it is left afterwards: no mount, process, directory or cgroup.</summary>
    /// <param name="request">What to run on which tree.</param>
    /// <param name="output">Takes what the process writes, while it runs.</param>
    /// <param name="cancellationToken">Kills the process.</param>
    /// <returns>How the process ended, any exit code included.</returns>
    /// <exception cref="Cairn.Llb.BuildException">The process could not be run.</exception>
    Task<ExecExit> RunAsync(ExecRequest request, IExecOutput output, CancellationToken cancellationToken);
}
