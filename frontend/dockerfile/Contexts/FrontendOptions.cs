using System.Globalization;
using Cairn.Frontend.Dockerfile.Instructions;
using Cairn.Frontend.Dockerfile.Parsing;
using Cairn.Llb;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Dockerfile.Contexts;

/// <summary>The options of a build, read and checked. Keys that are not known here are left to others.</summary>
internal sealed class FrontendOptions
{
    private const string BuildArgumentPrefix = "build-arg:";
    private const string LabelPrefix = "label:";

    private readonly IReadOnlyDictionary<string, string> _options;

    /// <exception cref="BuildException">An option has a value that cannot be used.</exception>
    public FrontendOptions(IReadOnlyDictionary<string, string> options)
    {
        _options = options;
        BuildArguments = WithPrefix(BuildArgumentPrefix);
        Labels = WithPrefix(LabelPrefix);
        Platforms = [.. Csv("platform").Select(text => Platform.Parse(text.Trim())).Distinct()];
        IsMultiPlatform = ReadMultiPlatform();
        NetworkMode = ReadNetworkMode();
        ExtraHosts = [.. Csv("add-hosts").Select(ReadExtraHost)];
        Ulimits = [.. Csv("ulimit").Select(ReadUlimit)];
        ShmSize = Number("shm-size", atLeast: 1);
        Resources = ReadResources();
        RefuseRemoved();
    }

    public IReadOnlyDictionary<string, string> BuildArguments { get; }

    public IReadOnlyDictionary<string, string> Labels { get; }

    /// <summary>The platforms asked for; none means the native one.</summary>
    public IReadOnlyList<Platform> Platforms { get; }

    public bool IsMultiPlatform { get; }

    public string FileName => Find("filename") ?? "Dockerfile";

    public string? Target => Find("target");

    /// <summary>What is asked beside building; null to build.</summary>
    public string? Subrequest => Find("requestid");

    public string ResolveMode => Find("image-resolve-mode") switch
    {
        null or "default" => "default",
        "pull" => "pull",
        "local" => "local",
        { } other => throw Invalid("image-resolve-mode", other),
    };

    /// <summary>Name of the option that holds the main context.</summary>
    public string ContextKey => Find("contextkey") ?? "context";

    /// <summary>The main context, or null for the client's directory.</summary>
    public string? MainContext => Find(ContextKey);

    /// <summary>The local directory the Dockerfile must be read from, or null.</summary>
    public string? DockerfileKey => Find("dockerfilekey");

    public string? ContextSubdirectory => Find("contextsubdir");

    public string? Hostname => Find("hostname") ?? BuildArgument("BUILDKIT_SANDBOX_HOSTNAME");

    public string? CgroupParent => Find("cgroup-parent");

    public string CacheNamespace => BuildArgument("BUILDKIT_CACHE_MOUNT_NS") ?? "";

    public bool KeepGitDirectory => BuildArgument("BUILDKIT_CONTEXT_KEEP_GIT_DIR") is "1" or "true";

    public string? LintOptions => BuildArgument("BUILDKIT_DOCKERFILE_CHECK");

    /// <summary>A syntax line given from outside, or null.</summary>
    public string? Syntax => BuildArgument("BUILDKIT_SYNTAX");

    /// <summary>This build has been forwarded already.</summary>
    public bool IsForwarded => _options.ContainsKey("cmdline");

    public Pb.NetMode NetworkMode { get; }

    public IReadOnlyList<Pb.HostIP> ExtraHosts { get; }

    public IReadOnlyList<Pb.Ulimit> Ulimits { get; }

    /// <summary>Bytes of /dev/shm, or null.</summary>
    public long? ShmSize { get; }

    public Pb.LinuxResources? Resources { get; }

    /// <summary>The proxies given as build arguments, or null.</summary>
    public Pb.ProxyEnv? Proxies
    {
        get
        {
            var proxies = new Pb.ProxyEnv();
            foreach ((string name, string value) in BuildArguments)
            {
                switch (name.ToLowerInvariant())
                {
                    case "http_proxy":
                        proxies.HttpProxy = value;
                        break;
                    case "https_proxy":
                        proxies.HttpsProxy = value;
                        break;
                    case "ftp_proxy":
                        proxies.FtpProxy = value;
                        break;
                    case "no_proxy":
                        proxies.NoProxy = value;
                        break;
                    case "all_proxy":
                        proxies.AllProxy = value;
                        break;
                    default:
                        break;
                }
            }
            return proxies.CalculateSize() > 0 ? proxies : null;
        }
    }

    public string? BuildArgument(string name) => BuildArguments.TryGetValue(name, out string? value) && value.Length > 0 ? value : null;

    /// <summary>The option, or null when it is absent or empty.</summary>
    public string? Find(string name) => _options.TryGetValue(name, out string? value) && value.Length > 0 ? value : null;

    /// <summary>The session that serves a local directory, or null for the build's own.</summary>
    public string? LocalSession(string localName) => Find($"local-sessionid:{localName}");

    /// <summary>Steps of the stage are run again.</summary>
    public bool IgnoresCache(string? stageName)
    {
        if (!_options.TryGetValue("no-cache", out string? stages))
        {
            return false;
        }
        return stages.Length == 0
            || (stageName is not null && stages.Split(',').Any(s => s.Trim().Equals(stageName, StringComparison.OrdinalIgnoreCase)));
    }

    private SortedDictionary<string, string> WithPrefix(string prefix)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, string value) in _options)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                found[name[prefix.Length..]] = value;
            }
        }
        return found;
    }

    private List<string> Csv(string name)
    {
        if (Find(name) is not { } text)
        {
            return [];
        }
        try
        {
            return CsvLine.Split(text);
        }
        catch (SyntaxFault fault)
        {
            throw new BuildException(ErrorKind.Input, "read option", name, fault.Message, inner: fault);
        }
    }

    private bool ReadMultiPlatform()
    {
        string? text = Find("multi-platform") ?? BuildArgument("BUILDKIT_MULTI_PLATFORM");
        bool? asked = text?.ToLowerInvariant() switch
        {
            null => null,
            "1" or "true" or "t" => true,
            "0" or "false" or "f" => false,
            _ => throw Invalid("multi-platform", text),
        };
        return asked == false && Platforms.Count > 1
            ? throw new BuildException(ErrorKind.Input, "", "", "multi-platform can't be false when several platforms are built")
            : asked ?? Platforms.Count > 1;
    }

    private Pb.NetMode ReadNetworkMode() => Find("force-network-mode") switch
    {
        null or "sandbox" or "default" => Pb.NetMode.Unset,
        "none" => Pb.NetMode.None,
        "host" => Pb.NetMode.Host,
        { } other => throw Invalid("force-network-mode", other),
    };

    private static Pb.HostIP ReadExtraHost(string field)
    {
        string text = field.ToLowerInvariant();
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && System.Net.IPAddress.TryParse(text[(equals + 1)..].Trim('[', ']'), out System.Net.IPAddress? address)
            ? new Pb.HostIP { Host = text[..equals], IP = address.ToString() }
            : throw Invalid("add-hosts", field);
    }

    private static Pb.Ulimit ReadUlimit(string field)
    {
        int equals = field.IndexOf('=', StringComparison.Ordinal);
        string[] limits = equals > 0 ? field[(equals + 1)..].Split(':') : [];
        if (limits.Length is not (1 or 2)
            || !long.TryParse(limits[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long soft)
            || !long.TryParse(limits[^1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long hard)
            || (hard != -1 && (soft > hard || soft == -1)))
        {
            throw Invalid("ulimit", field);
        }
        return new Pb.Ulimit { Name = field[..equals].ToLowerInvariant(), Soft = soft, Hard = hard };
    }

    private Pb.LinuxResources? ReadResources()
    {
        var resources = new Pb.LinuxResources
        {
            Memory = Number("memory", atLeast: 1) ?? 0,
            MemorySwap = Number("memswap", atLeast: -1) ?? 0,
            CpuShares = (ulong)(Number("cpushares", atLeast: 1) ?? 0),
            CpuPeriod = (ulong)(Number("cpuperiod", atLeast: 1) ?? 0),
            CpuQuota = Number("cpuquota", atLeast: 1) ?? 0,
            CpusetCpus = Find("cpusetcpus") ?? "",
            CpusetMems = Find("cpusetmems") ?? "",
        };
        return resources.CalculateSize() > 0 ? resources : null;
    }

    private long? Number(string name, long atLeast)
    {
        if (Find(name) is not { } text)
        {
            return null;
        }
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) && number >= atLeast && number != 0
            ? number
            : throw Invalid(name, text);
    }

    private void RefuseRemoved()
    {
        if (_options.ContainsKey("override-copy-image"))
        {
            throw new BuildException(ErrorKind.Input, "", "", "override-copy-image is no longer supported");
        }
        if (BuildArgument("BUILDKIT_DISABLE_FILEOP") is "1" or "true")
        {
            throw new BuildException(ErrorKind.Input, "", "", "build-arg:BUILDKIT_DISABLE_FILEOP is no longer supported");
        }
    }

    private static BuildException Invalid(string name, string value) =>
        new(ErrorKind.Input, "read option", name, $"invalid value \"{value}\"");
}
