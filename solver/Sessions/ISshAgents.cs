namespace Cairn.Solver.Sessions;

/// <summary>The SSH agents that a client forwards.</summary>
public interface ISshAgents
{
    /// <summary>Whether an agent of that id is forwarded; the usual id is <c>default</c>.</summary>
    Task<bool> HasAsync(string id, CancellationToken cancellationToken);

    /// <summary>One connection to the agent.</summary>
    /// <exception cref="Cairn.Llb.BuildException">Environment: the agent does not answer. Input: no such agent.</exception>
    Task<Stream> ConnectAsync(string id, CancellationToken cancellationToken);
}
