namespace Cairn.Llb.Building;

/// <summary>A secret for a command, as a file, as a variable, or both.</summary>
/// <param name="Id">Name of the secret in the session.</param>
public sealed record RunSecret(string Id)
{
    /// <summary>Path of the file; null for no file.</summary>
    public string? Target { get; init; }

    /// <summary>Name of the variable; null for no variable.</summary>
    public string? Variable { get; init; }

    /// <summary>Owner of the file.</summary>
    public uint UserId { get; init; }

    /// <summary>Group of the file.</summary>
    public uint GroupId { get; init; }

    /// <summary>Permission bits of the file.</summary>
    public uint Mode { get; init; } = 0x100;   // 0400

    /// <summary>Run without it when the session does not have it.</summary>
    public bool IsOptional { get; init; }
}
