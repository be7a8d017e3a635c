namespace Cairn.Solver.Execution;

/// <summary>Where an executor keeps what it needs, and which runtime it takes.</summary>
public sealed record ContainerExecutorOptions
{
    /// <summary>Directory of this process's instance: bundles and the runtime's records go below it.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>Name of this process's instance; container names start with it.</summary>
    public required string InstanceId { get; init; }

    /// <summary>Directory that outlives the instance; what was found out about the runtimes is kept there until the next boot.</summary>
    public required string ProbeDirectory { get; init; }

    /// <summary><c>crun</c>, <c>runc</c> or an absolute path of one of them; null takes the fastest that works.</summary>
    public string? Runtime { get; init; }

    /// <summary>Source of time for retries.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
