namespace Cairn.Llb.Building;

/// <summary>How a file is fetched over http.</summary>
public sealed record HttpOptions
{
    /// <summary>Name and permissions of the result.</summary>
    public FetchedFile File { get; init; } = new();

    /// <summary>The digest that the content must have.</summary>
    public Digest? Checksum { get; init; }

    /// <summary>Secret with an Authorization header.</summary>
    public string? AuthHeaderSecret { get; init; }

    /// <summary>The header "Accept".</summary>
    public string? Accept { get; init; }

    /// <summary>The header "User-Agent".</summary>
    public string? UserAgent { get; init; }

    /// <summary>Armored public key; set together with <see cref="Signature"/>.</summary>
    public string? SignatureKey { get; init; }

    /// <summary>Armored detached signature.</summary>
    public string? Signature { get; init; }
}
