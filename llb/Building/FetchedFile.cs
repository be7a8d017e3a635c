namespace Cairn.Llb.Building;

/// <summary>Name and permissions of a file that a source consists of.</summary>
public sealed record FetchedFile
{
    /// <summary>File name; null for the source's own.</summary>
    public string? Name { get; init; }

    /// <summary>Permission bits; null for 0600.</summary>
    public int? Mode { get; init; }

    /// <summary>Owner; set together with <see cref="GroupId"/>.</summary>
    public int? UserId { get; init; }

    /// <summary>Group; set together with <see cref="UserId"/>.</summary>
    public int? GroupId { get; init; }
}
