namespace Cairn.Solver.Sessions;

/// <summary>Where one exporter leaves its result: at most one of these.</summary>
public sealed record ExportDestination
{
    /// <summary>A file; replaced when the new one is whole.</summary>
    public string? File { get; init; }

    /// <summary>A directory; made if it is absent.</summary>
    public string? Directory { get; init; }

    /// <summary>A stream, such as standard output; flushed, and closed by whoever opened it.</summary>
    public Stream? Output { get; init; }
}
