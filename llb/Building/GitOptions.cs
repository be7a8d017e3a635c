namespace Cairn.Llb.Building;

/// <summary>What is checked out of a git repository, and how.</summary>
public sealed record GitOptions
{
    /// <summary>Keep the .git directory.</summary>
    public bool KeepGitDirectory { get; init; }

    /// <summary>Commit (or its first digits) that the ref must lead to.</summary>
    public string? Checksum { get; init; }

    /// <summary>Leave submodules out.</summary>
    public bool SkipSubmodules { get; init; }

    /// <summary>Modification times: "checkout", "commit", or null for the default.</summary>
    public string? ModificationTime { get; init; }

    /// <summary>Fetch exactly the commit in <see cref="Checksum"/>.</summary>
    public bool FetchByCommit { get; init; }

    /// <summary>Secret with a token; null for GIT_AUTH_TOKEN.</summary>
    public string? AuthTokenSecret { get; init; }

    /// <summary>Secret with an Authorization header; null for GIT_AUTH_HEADER.</summary>
    public string? AuthHeaderSecret { get; init; }

    /// <summary>Content of a known_hosts file.</summary>
    public string? KnownSshHosts { get; init; }

    /// <summary>Agent to use over ssh; null for "default".</summary>
    public string? SshSocket { get; init; }

    /// <summary>A blob that holds a git bundle and is used instead of the remote: <c>oci-layout+blob://…</c>.</summary>
    public string? Bundle { get; init; }

    /// <summary>Session and store of a bundle in an OCI layout.</summary>
    public OciLayoutOptions? BundleLayout { get; init; }

    /// <summary>The result is a bundle file.</summary>
    public bool CheckoutBundle { get; init; }
}
