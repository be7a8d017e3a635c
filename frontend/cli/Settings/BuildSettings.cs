namespace Cairn.Cli.Settings;

/// <summary>What one `cairn build` was asked for, checked but not yet looked up: paths are as typed.</summary>
internal sealed record BuildSettings
{
    /// <summary>Directory, archive or Dockerfile on stdin ("-"), git reference or URL.</summary>
    public required string Context { get; init; }

    /// <summary>Dockerfile path, "-" for the standard input, or null for the default in the context.</summary>
    public string? File { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];
    public string? Target { get; init; }
    public IReadOnlyDictionary<string, string> BuildArguments { get; init; } = new Dictionary<string, string>();
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
    public IReadOnlyList<string> Platforms { get; init; } = [];
    public IReadOnlyList<OutputSpec> Outputs { get; init; } = [];
    public bool Push { get; init; }
    public IReadOnlyList<CacheOption> CacheFrom { get; init; } = [];
    public IReadOnlyList<CacheOption> CacheTo { get; init; } = [];
    public bool NoCache { get; init; }
    public IReadOnlyList<string> NoCacheFilter { get; init; } = [];
    public bool Pull { get; init; }
    public ProgressMode Progress { get; init; }

    /// <summary>The store, or null for the default.</summary>
    public string? Root { get; init; }

    /// <summary>The daemon that builds; null for this process.</summary>
    public string? Address { get; init; }

    /// <summary>The command ends as soon as the daemon knows the build.</summary>
    public bool Detach { get; init; }

    /// <summary>Names the build at the daemon; null for a random name.</summary>
    public string? BuildId { get; init; }

    /// <summary>Other stores to look into.</summary>
    public IReadOnlyList<string> AdditionalStores { get; init; } = [];

    /// <summary>Name to value as typed: a directory, docker-image://…, oci-layout://…, a git reference or URL.</summary>
    public IReadOnlyDictionary<string, string> NamedContexts { get; init; } = new Dictionary<string, string>();

    public string? MetadataFile { get; init; }
    public string? ImageIdFile { get; init; }

    /// <summary>Parts of names of steps that must not run.</summary>
    public IReadOnlyList<string> ExpectCached { get; init; } = [];

    /// <summary>Where the page of timings goes; null for nowhere.</summary>
    public string? Timings { get; init; }

    /// <summary>A definition to solve instead of a Dockerfile: a file or "-".</summary>
    public string? Definition { get; init; }

    public IReadOnlyList<SecretSpec> Secrets { get; init; } = [];
    public IReadOnlyList<SshSpec> Ssh { get; init; } = [];

    /// <summary>host=address.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Default network of RUN: none, host, or null.</summary>
    public string? Network { get; init; }

    public IReadOnlyList<string> Entitlements { get; init; } = [];
    public long? SharedMemoryBytes { get; init; }
    public IReadOnlyList<string> Ulimits { get; init; } = [];
    public string? CgroupParent { get; init; }

    /// <summary>Limits of RUN, by the names of the options.</summary>
    public IReadOnlyDictionary<string, string> Resources { get; init; } = new Dictionary<string, string>();

    /// <summary>The Dockerfile frontend's options that follow from the flags alone; those about contexts are added when these are opened.</summary>
    /// <remarks>Keys as in the Dockerfile frontend of BuildKit, so that any frontend understands them.</remarks>
    public SortedDictionary<string, string> FrontendOptions()
    {
        SortedDictionary<string, string> options = new(StringComparer.Ordinal);
        foreach ((string name, string value) in BuildArguments)
        {
            options["build-arg:" + name] = value;
        }

        foreach ((string name, string value) in Labels)
        {
            options["label:" + name] = value;
        }

        Put("target", Target);
        Put("platform", Platforms.Count > 0 ? string.Join(",", Platforms) : null);
        Put("no-cache", NoCache ? "" : NoCacheFilter.Count > 0 ? string.Join(",", NoCacheFilter) : null);
        Put("image-resolve-mode", Pull ? "pull" : null);
        Put("add-hosts", Hosts.Count > 0 ? string.Join(",", Hosts) : null);
        Put("force-network-mode", Network);
        Put("shm-size", SharedMemoryBytes?.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Put("ulimit", Ulimits.Count > 0 ? string.Join(",", Ulimits) : null);
        Put("cgroup-parent", CgroupParent);
        foreach ((string name, string value) in Resources)
        {
            options[name] = value;
        }

        return options;

        void Put(string key, string? value)
        {
            if (value is not null)
            {
                options[key] = value;
            }
        }
    }

    /// <summary>The outputs with --push and --tag worked in: pushing makes an image output of its own when there is none, and tags name images without a name.</summary>
    /// <exception cref="UsageException">Something is to be pushed that has no name.</exception>
    public IReadOnlyList<OutputSpec> EffectiveOutputs()
    {
        List<OutputSpec> outputs = [.. Outputs];
        if (Push)
        {
            if (!outputs.Any(o => o.Type == "image"))
            {
                outputs.Add(new OutputSpec("image", Destination: null, new Dictionary<string, string>()));
            }

            outputs = [.. outputs.Select(o => o.Type == "image" ? o.With("push", "true") : o)];
        }

        outputs = [.. outputs.Select(o => o.IsImage && Tags.Count > 0 && !o.Attributes.ContainsKey("name") ? o.With("name", string.Join(",", Tags)) : o)];
        if (outputs.FirstOrDefault(o => o.Attributes.TryGetValue("push", out string? push) && push is not ("false" or "0") && !o.Attributes.ContainsKey("name")) is not null)
        {
            throw new UsageException("a name is needed to push: tag is needed when pushing to registry (add --tag REGISTRY/NAME:TAG)");
        }

        if (outputs.Count(o => o.Destination == OutputSpec.StandardOutput) > 1)
        {
            throw new UsageException("--output: only one output can go to the standard output");
        }

        return outputs;
    }
}
