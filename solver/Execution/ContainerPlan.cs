namespace Cairn.Solver.Execution;

/// <summary>What a request came to: everything the runtime's configuration is made of.</summary>
/// <param name="Id">Name of the container.</param>
/// <param name="Request">The request itself.</param>
/// <param name="User">Whom the process runs as.</param>
/// <param name="Hostname">Host name inside.</param>
/// <param name="Mounts">The request's mounts and those of the host files, parents first, one for each destination.</param>
internal sealed record ContainerPlan(
    string Id, ExecRequest Request, ExecUser User, string Hostname, IReadOnlyList<ExecMount> Mounts);
