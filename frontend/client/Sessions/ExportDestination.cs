namespace Cairn.Client.Sessions;

/// <summary>Where the result of one exporter goes: at most one of these.</summary>
public sealed record ExportDestination
{
    /// <summary>Nowhere: the exporter leaves nothing with the client.</summary>
    public static ExportDestination None { get; } = new();

    /// <summary>A file; replaced when the new one is whole.</summary>
    public string? File { get; init; }

    /// <summary>A stream; flushed, and closed by whoever opened it.</summary>
    public Stream? Output { get; init; }

    /// <summary>A directory of files; made if it is absent.</summary>
    public string? Directory { get; init; }

    /// <summary>What is in the directory and not in the result is removed.</summary>
    public bool Delete { get; init; }

    /// <summary>A directory in the form of an image layout, for exporters with <c>tar=false</c>; made if it is absent.</summary>
    public string? Layout { get; init; }
}
