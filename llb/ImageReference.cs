namespace Cairn.Llb;

/// <summary>The name of an image in a registry: host, repository, and a tag or a digest or both.</summary>
/// <remarks>Source: distribution/reference, the grammar of references.</remarks>
public sealed partial record ImageReference
{
    /// <summary>The registry that names without a host mean.</summary>
    public const string DefaultRegistry = "docker.io";

    /// <summary>The tag that names without tag and digest mean.</summary>
    public const string DefaultTag = "latest";

    private ImageReference(string registry, string repository, string? tag, Digest? digest)
    {
        Registry = registry;
        Repository = repository;
        Tag = tag;
        Digest = digest;
    }

    /// <summary>Host, with its port if one is written: "docker.io", "localhost:5000".</summary>
    public string Registry { get; }

    /// <summary>Path in the registry: "library/busybox".</summary>
    public string Repository { get; }

    /// <summary>Tag; null when the reference has none.</summary>
    public string? Tag { get; }

    /// <summary>Digest of the manifest or index; null when the reference has none.</summary>
    public Digest? Digest { get; }

    /// <summary>Registry and repository: "docker.io/library/busybox".</summary>
    public string Name => $"{Registry}/{Repository}";

    /// <summary>As people write it: without the default registry, its "library/" and nothing else left out.</summary>
    public string Familiar
    {
        get
        {
            const string Library = "library/";
            string name = Registry != DefaultRegistry ? Name
                : Repository.StartsWith(Library, StringComparison.Ordinal) && !Repository[Library.Length..].Contains('/', StringComparison.Ordinal)
                    ? Repository[Library.Length..]
                    : Repository;
            return name + Suffix;
        }
    }

    private string Suffix => (Tag is null ? "" : ":" + Tag) + (Digest is null ? "" : "@" + Digest);

    /// <summary>The same image with this digest; the tag stays.</summary>
    public ImageReference WithDigest(Digest digest) => new(Registry, Repository, Tag, digest);

    /// <summary>The same repository with this tag and no digest.</summary>
    /// <exception cref="BuildException">Input: not a tag.</exception>
    public ImageReference WithTag(string tag) => IsTag(tag)
        ? new(Registry, Repository, tag, null)
        : throw Invalid($"{Name}:{tag}", "invalid tag");

    /// <summary>In full: <c>registry/repository[:tag][@digest]</c>.</summary>
    public override string ToString() => Name + Suffix;
}
