namespace Cairn.Solver.Execution;

/// <summary>A file or directory of this machine, seen by the process.</summary>
/// <param name="Destination">Absolute, clean path inside the root.</param>
/// <param name="Source">Absolute path on this machine, without symbolic links.</param>
public sealed record BindMount(string Destination, string Source) : ExecMount(Destination)
{
    /// <summary>The process cannot write to it.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Neither device files nor setuid bits have effect in it.</summary>
    public bool Inert { get; init; }

    /// <summary>Nothing in it can be executed.</summary>
    public bool NoExecute { get; init; }

    /// <summary>The source is a file or a socket, so its mount point is an empty file.</summary>
    public bool IsFile { get; init; }
}
