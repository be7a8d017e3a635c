using System.CommandLine;
using Cairn.Cli.Settings;

namespace Cairn.Cli.Commands;

/// <summary>`cairn build`: its flags, and the settings that a parsed command line stands for.</summary>
internal sealed class BuildCommandLine
{
    private readonly Argument<string> _context = new("CONTEXT")
    {
        Description = "Directory, git reference or URL to build from; '-' reads a Dockerfile or a tar archive from the standard input",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string> _file = Text("--file", "PATH", "Dockerfile (default: CONTEXT/Dockerfile; '-' is the standard input)", "-f");
    private readonly Option<string[]> _tag = List("--tag", "NAME", "Name of the image, such as registry/name:tag (repeatable)", "-t");
    private readonly Option<string> _target = Text("--target", "STAGE", "Stage to build (default: the last)");
    private readonly Option<string[]> _buildArgument = List("--build-arg", "NAME[=VALUE]", "Build argument; without a value, that of the environment (repeatable)");
    private readonly Option<string[]> _label = List("--label", "NAME=VALUE", "Label of the image (repeatable)");
    private readonly Option<string[]> _platform = List("--platform", "OS/ARCH", "Target platforms, comma-separated (repeatable)");
    private readonly Option<string[]> _output = List("--output", "SPEC", "Where the result goes: a directory, '-' (tar), or type=oci|docker|tar|local|image[,dest=PATH][,KEY=VALUE…] (repeatable)", "-o");
    private readonly Option<bool> _push = Flag("--push", "Push the image to its registry: --output type=image,push=true");
    private readonly Option<string[]> _cacheFrom = List("--cache-from", "SPEC", "Cache to import: a name in a registry, or type=registry|local,ref=NAME|src=DIRECTORY[,KEY=VALUE…] (repeatable)");
    private readonly Option<string[]> _cacheTo = List("--cache-to", "SPEC", "Cache to export: a name in a registry, or type=registry|local|inline[,ref=NAME|dest=DIRECTORY][,mode=min|max][,KEY=VALUE…] (repeatable)");
    private readonly Option<bool> _noCache = Flag("--no-cache", "Run every step, cached or not");
    private readonly Option<string[]> _noCacheFilter = List("--no-cache-filter", "STAGE", "Run the steps of these stages, cached or not (repeatable, comma-separated)");
    private readonly Option<bool> _pull = Flag("--pull", "Ask the registry for base images even when they are here");
    private readonly Option<string> _progress = Text("--progress", "MODE", "auto, tty, plain, rawjson or quiet (default: auto, or $BUILDKIT_PROGRESS)");
    private readonly Option<bool> _quiet = Flag("--quiet", "Print nothing but the image's digest", "-q");
    private readonly Option<string[]> _buildContext = List("--build-context", "NAME=VALUE", "More contexts: a directory, docker-image://REF, oci-layout://DIR[@DIGEST], a git reference or URL (repeatable)");
    private readonly Option<string> _metadataFile = Text("--metadata-file", "FILE", "Write what the exporters say about the result, as JSON");
    private readonly Option<string> _imageIdFile = Text("--iidfile", "FILE", "Write the image's digest");
    private readonly Option<string[]> _expectCached = List("--expect-cached", "PATTERN", "Fail, and tell why, when a step whose name matches ran ('*' matches anything; repeatable)");
    private readonly Option<string> _timings = Text("--timings", "FILE.html", "Write a page that shows where the time went");
    private readonly Option<string> _definition = Text("--llb", "FILE", "Solve this LLB definition instead of a Dockerfile ('-' is the standard input)");
    private readonly Option<string[]> _secret = List("--secret", "SPEC", "Secret for RUN --mount=type=secret: id=ID[,src=FILE|,env=NAME] (repeatable)");
    private readonly Option<string[]> _ssh = List("--ssh", "SPEC", "SSH agent for RUN --mount=type=ssh: default or ID[=SOCKET] (repeatable)");
    private readonly Option<string[]> _addHost = List("--add-host", "HOST=IP", "Entry of /etc/hosts in RUN (repeatable)");
    private readonly Option<string> _network = Text("--network", "MODE", "Network of RUN: default, none or host");
    private readonly Option<string[]> _allow = List("--allow", "ENTITLEMENT", "Allow network.host or security.insecure (repeatable)");
    private readonly Option<string> _shmSize = Text("--shm-size", "SIZE", "Size of /dev/shm in RUN, such as 64m");
    private readonly Option<string[]> _ulimit = List("--ulimit", "NAME=SOFT[:HARD]", "Resource limit in RUN (repeatable)");
    private readonly Option<string[]> _resource = List("--resource", "NAME=VALUE", "Limit of each RUN: memory=SIZE, memory-swap=SIZE, cpus=N, cpu-shares=N, cpuset-cpus=LIST, cpuset-mems=LIST, pids=N (repeatable)");
    private readonly Option<string> _cgroupParent = Text("--cgroup-parent", "PATH", "Parent cgroup of RUN");
    private readonly Option<string> _provenance = Text("--provenance", "BOOL", "Provenance attestation: only 'false' until it exists");
    private readonly Option<string> _sbom = Text("--sbom", "BOOL", "SBOM attestation: only 'false' until it exists");
    private readonly Option<bool> _load = Flag("--load", "Refused: there is no Docker engine's image store to load into");
    private readonly Option<bool> _detach = Flag("--detach", "Let the daemon of --addr build, print the build's id, and return");
    private readonly Option<string?> _buildId = new("--build-id") { Hidden = true };   // what a detached build runs itself with
    private readonly Option<string?> _address = DaemonOption.Create();
    private readonly Option<string?> _root;
    private readonly Option<string[]> _additionalStore;

    public BuildCommandLine(Option<string?> root, Option<string[]> additionalStore)
    {
        _root = root;
        _additionalStore = additionalStore;
        Command = new Command("build", "Build an image from a Dockerfile, or solve an LLB definition") { Aliases = { "b" } };
        Command.Arguments.Add(_context);
        foreach (Option option in (Option[])
            [
                _file, _tag, _target, _buildArgument, _label, _platform, _output, _push, _cacheFrom, _cacheTo, _noCache, _noCacheFilter, _pull, _progress, _quiet,
                _buildContext, _metadataFile, _imageIdFile, _expectCached, _timings, _definition, _secret, _ssh, _addHost, _network, _allow, _shmSize, _ulimit,
                _resource, _cgroupParent, _provenance, _sbom, _load, root, additionalStore, _address, _detach, _buildId,
            ])
        {
            Command.Options.Add(option);
        }

        RefusedFlags.AddTo(Command);
    }

    public Command Command { get; }

    public Argument<string> Context => _context;

    /// <summary>What the command line asks for.</summary>
    /// <exception cref="UsageException">Flags contradict each other, have no meaning, or name what does not exist yet.</exception>
    public BuildSettings Read(ParseResult parsed)
    {
        RefusedFlags.Check(parsed);
        if (parsed.GetValue(_load))
        {
            throw new UsageException(
                "--load is not supported: Cairn has no Docker engine behind it; use --output type=docker,dest=FILE and run 'docker load -i FILE'");
        }

        RefuseAttestation("--provenance", parsed.GetValue(_provenance));
        RefuseAttestation("--sbom", parsed.GetValue(_sbom));

        string? definition = parsed.GetValue(_definition);
        string? file = parsed.GetValue(_file);
        string? context = parsed.GetValue(_context);
        bool noCache = parsed.GetValue(_noCache);
        IReadOnlyList<string> filter = Listed(parsed, _noCacheFilter);
        if (noCache && filter.Count > 0)
        {
            throw new UsageException("--no-cache and --no-cache-filter cannot currently be used together");
        }

        if (definition is not null && file is not null)
        {
            throw new UsageException("--llb solves a definition instead of a Dockerfile, so --file has no meaning beside it");
        }

        if (new[] { definition, file, context }.Count(s => s == "-") > 1)
        {
            throw new UsageException("invalid argument: can't use stdin for both build context and dockerfile");
        }

        string network = parsed.GetValue(_network) ?? "default";
        if (network is not ("default" or "none" or "host"))
        {
            throw new UsageException($"--network: mode '{network}' is not supported (default, none or host)");
        }

        List<string> entitlements = [.. (parsed.GetValue(_allow) ?? []).Select(Entitlement)];
        if (network == "host" && !entitlements.Contains("network.host", StringComparer.Ordinal))
        {
            entitlements.Add("network.host");   // asking for the mode on the command line is the permission
        }

        string? address = DaemonOption.Read(parsed, _address, _root, _additionalStore);
        bool detach = parsed.GetValue(_detach);
        CheckRemote(parsed, address, detach, [definition, file, context]);
        return new BuildSettings
        {
            Address = address,
            Detach = detach,
            BuildId = parsed.GetValue(_buildId),
            Context = context ?? ".",
            File = file,
            Tags = parsed.GetValue(_tag) ?? [],
            Target = parsed.GetValue(_target),
            BuildArguments = WithSourceDate(KeyValues.FromEnvironment(parsed.GetValue(_buildArgument) ?? [], "--build-arg")),
            Labels = KeyValues.OrEmpty(parsed.GetValue(_label) ?? [], "--label"),
            Platforms = Listed(parsed, _platform),
            Outputs = [.. (parsed.GetValue(_output) ?? []).Select(OutputSpec.Parse)],
            Push = parsed.GetValue(_push),
            CacheFrom = [.. (parsed.GetValue(_cacheFrom) ?? []).Select(CacheOption.ParseFrom)],
            CacheTo = [.. (parsed.GetValue(_cacheTo) ?? []).Select(CacheOption.ParseTo)],
            NoCache = noCache,
            NoCacheFilter = filter,
            Pull = parsed.GetValue(_pull),
            Progress = parsed.GetValue(_quiet) ? ProgressMode.Quiet : Mode(parsed.GetValue(_progress)),
            Root = parsed.GetValue(_root),
            AdditionalStores = parsed.GetValue(_additionalStore) ?? [],
            NamedContexts = KeyValues.Required(parsed.GetValue(_buildContext) ?? [], "--build-context"),
            MetadataFile = parsed.GetValue(_metadataFile),
            ImageIdFile = parsed.GetValue(_imageIdFile),
            ExpectCached = parsed.GetValue(_expectCached) ?? [],
            Timings = parsed.GetValue(_timings),
            Definition = definition,
            Secrets = [.. (parsed.GetValue(_secret) ?? []).Select(SecretSpec.Parse)],
            Ssh = [.. (parsed.GetValue(_ssh) ?? []).Select(SshSpec.Parse)],
            Hosts = [.. (parsed.GetValue(_addHost) ?? []).Select(HostEntry)],
            Network = network == "default" ? null : network,
            Entitlements = entitlements,
            SharedMemoryBytes = parsed.GetValue(_shmSize) is { } size ? ByteSize.Parse(size, "--shm-size") : null,
            Ulimits = parsed.GetValue(_ulimit) ?? [],
            CgroupParent = parsed.GetValue(_cgroupParent),
            Resources = StepResources.Parse(parsed.GetValue(_resource) ?? []),
        };
    }

    private void CheckRemote(ParseResult parsed, string? address, bool detach, string?[] inputs)
    {
        if (detach && address is null)
        {
            throw new UsageException("--detach needs a daemon that goes on with the build: name it with --addr");
        }

        if (detach && (inputs.Contains("-", StringComparer.Ordinal) || (parsed.GetValue(_output) ?? []).Contains("-", StringComparer.Ordinal)))
        {
            throw new UsageException("--detach: a build that goes on alone has no standard input and output");
        }

        if (address is not null && (parsed.GetValue(_expectCached) is { Length: > 0 } || parsed.GetValue(_timings) is not null))
        {
            throw new UsageException("--expect-cached and --timings look into the store, and that of a daemon cannot be reached; leave them out beside --addr");
        }
    }

    private static void RefuseAttestation(string flag, string? value)
    {
        if (value is not (null or "false" or "0" or "disabled=true" or "mode=disabled"))
        {
            throw new UsageException($"{flag}: attestations are missing in this version; leave the flag out or give {flag}=false");
        }
    }

    private static IReadOnlyDictionary<string, string> WithSourceDate(IReadOnlyDictionary<string, string> arguments)
    {
        const string Name = "SOURCE_DATE_EPOCH";
        return !arguments.ContainsKey(Name) && Environment.GetEnvironmentVariable(Name) is { Length: > 0 } value
            ? new SortedDictionary<string, string>(arguments.ToDictionary(), StringComparer.Ordinal) { [Name] = value }
            : arguments;
    }

    /// <summary>How a build is shown; null for the default.</summary>
    internal static ProgressMode Mode(string? text)
    {
        string mode = text ?? Environment.GetEnvironmentVariable("BUILDKIT_PROGRESS") ?? "auto";
        string[] known = ["auto", "plain", "quiet", "rawjson", "tty"];
        return mode switch
        {
            "auto" or "" => ProgressMode.Auto,
            "tty" => ProgressMode.Tty,
            "plain" => ProgressMode.Plain,
            "rawjson" => ProgressMode.RawJson,
            "quiet" or "none" => ProgressMode.Quiet,
            _ => throw new UsageException($"--progress: invalid mode '{mode}'{Suggestion.Text(mode, known)}; known: {string.Join(", ", known)}"),
        };
    }

    private static string Entitlement(string text)
    {
        string[] known = ["network.host", "security.insecure"];
        return known.Contains(text, StringComparer.Ordinal)
            ? text
            : throw new UsageException($"--allow: unknown entitlement '{text}'{Suggestion.Text(text, known)}; known: {string.Join(", ", known)}");
    }

    private static string HostEntry(string text)
    {
        // host:ip is the older form; an IPv6 address has colons of its own, so the first separator decides.
        int at = text.IndexOfAny(['=', ':']);
        string host = at < 0 ? "" : text[..at], address = at < 0 ? "" : text[(at + 1)..].Trim('[', ']');
        if (address == "host-gateway")
        {
            throw new UsageException("--add-host: host-gateway is not supported: RUN has the host's own network; use 127.0.0.1");
        }

        return host.Length > 0 && System.Net.IPAddress.TryParse(address, out _)
            ? $"{host}={address}"
            : throw new UsageException($"--add-host: invalid entry '{text}', expected HOST=IP");
    }

    private static IReadOnlyList<string> Listed(ParseResult parsed, Option<string[]> option) =>
        [.. (parsed.GetValue(option) ?? []).SelectMany(v => v.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    private static Option<string> Text(string name, string value, string description, params string[] aliases) =>
        new(name, aliases) { HelpName = value, Description = description };

    private static Option<string[]> List(string name, string value, string description, params string[] aliases) =>
        new(name, aliases) { HelpName = value, Description = description, Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };

    private static Option<bool> Flag(string name, string description, params string[] aliases) =>
        new(name, aliases) { Description = description };
}
