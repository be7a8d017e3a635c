using System.Globalization;
using Cairn.Llb;
using Microsoft.Extensions.Logging;

namespace Cairn.Daemon.Configuration;

/// <summary>Makes settings of flags, environment and file; a flag that is given wins over the file.</summary>
internal sealed class SettingsReader
{
    private const string DefaultFile = "/etc/buildkit/buildkitd.toml";
    private const string DefaultRoot = "/var/lib/cairn";
    private const string DefaultRunRoot = "/run/cairn";
    private const string DefaultAddress = "unix:///run/buildkit/buildkitd.sock";
    private const long Megabyte = 1_000_000;

    private static readonly string[] Rights = ["network.host", "security.insecure", "device"];

    private readonly IReadOnlyDictionary<string, IReadOnlyList<string>> _flags;
    private readonly ConfigurationFile _file;
    private readonly List<string> _warnings = [];

    private SettingsReader(IReadOnlyDictionary<string, IReadOnlyList<string>> flags)
    {
        _flags = flags;
        _file = ConfigurationFile.Read(Last("config") ?? DefaultFile);
    }

    /// <summary>Reads a command line, and the file that it names.</summary>
    /// <exception cref="BuildException">Input: they cannot be understood.</exception>
    public static DaemonSettings Read(IReadOnlyDictionary<string, IReadOnlyList<string>> flags) => new SettingsReader(flags).Read();

    private DaemonSettings Read()
    {
        _warnings.AddRange(DaemonFlags.All.Where(flag => flag.IsIgnored && _flags.ContainsKey(flag.Name))
            .Select(static flag => $"--{flag.Name} is understood and has no effect"));
        _warnings.AddRange(_file.Warnings);
        string root = Path.GetFullPath(Last("root") ?? _file.Text("root") ?? DefaultRoot);
        if ((Last("oci-worker") ?? (_file.Flag("worker", "oci", "enabled") == false ? "false" : "auto")) == "false")
        {
            throw Wrong("the OCI worker is the only one, so it cannot be switched off");
        }

        return new DaemonSettings
        {
            Root = root,
            RunRoot = DefaultRunRoot,
            Addresses = _flags.GetValueOrDefault("addr") ?? _file.Texts("grpc", "address") ?? [DefaultAddress],
            SocketUser = (uint?)_file.Number("grpc", "uid"),
            SocketGroup = Last("group") is { } group ? GroupNames.Find(group) : (uint?)_file.Number("grpc", "gid"),
            TlsCertificate = Last("tlscert") ?? _file.Text("grpc", "tls", "cert"),
            TlsKey = Last("tlskey") ?? _file.Text("grpc", "tls", "key"),
            TlsAuthorities = Last("tlscacert") ?? _file.Text("grpc", "tls", "ca"),
            LogLevel = Level(),
            IsLogJson = (Last("log-format") ?? _file.Text("log", "format") ?? "text") switch
            {
                "text" => false,
                "json" => true,
                var other => throw Wrong($"unknown log format {other} (text or json)"),
            },
            DebugAddress = Last("debugaddr") ?? Variable("BUILDKITD_DEBUGADDR") ?? _file.Text("grpc", "debugAddress"),
            AllowedEntitlements = Allowed(),
            HistoryEntries = (int)(_file.Number("history", "maxEntries") ?? (_file.Has("history") ? 0 : 50)),
            HistoryAge = _file.Duration("history", "maxAge") ?? (_file.Has("history") ? TimeSpan.Zero : TimeSpan.FromHours(48)),
            WorkerLabels = Labels(),
            WorkerPlatforms = _flags.GetValueOrDefault("oci-worker-platform") ?? _file.Texts("worker", "oci", "platforms") ?? [],
            Driver = Driver(),
            MaxParallelism = Parallelism(),
            GcRules = Rules(root),
            DisabledFrontends = [.. ((string[])["dockerfile.v0", "gateway.v0"]).Where(name => _file.Flag("frontend", name, "enabled") == false)],
            AllowedFrontendSources = _file.Texts("frontend", "gateway.v0", "allowedRepositories") is { Count: > 0 } allowed ? allowed : null,
            Warnings = [.. _warnings, .. NetworkWarnings()],
        };
    }

    private LogLevel Level()
    {
        bool isDebug = IsOn("debug", _file.Flag("debug")), isTrace = IsOn("trace", _file.Flag("trace"));
        string level = Last("log-level") ?? Variable("BUILDKITD_LOG_LEVEL")
            ?? (isTrace ? "trace" : isDebug ? "debug" : _file.Text("log", "level") ?? "info");
        return level switch
        {
            "panic" or "fatal" => LogLevel.Critical,
            "error" => LogLevel.Error,
            "warn" or "warning" => LogLevel.Warning,
            "info" => LogLevel.Information,
            "debug" => LogLevel.Debug,
            "trace" => LogLevel.Trace,
            _ => throw Wrong($"unknown log level {level} (panic, fatal, error, warn, info, debug, trace)"),
        };
    }

    private string[] Allowed()
    {
        IReadOnlyList<string> given = _flags.GetValueOrDefault("allow-insecure-entitlement") ?? _file.Texts("insecure-entitlements") ?? [];
        if (given.FirstOrDefault(static word => !Rights.Contains(word, StringComparer.Ordinal)) is { } unknown)
        {
            throw Wrong($"invalid entitlement : {unknown}");
        }

        bool hasDevices = !IsOn("cdi-disabled", _file.Flag("cdi", "disabled"));
        return [.. given.Concat(hasDevices ? ["device"] : []).Distinct(StringComparer.Ordinal)];
    }

    private Dictionary<string, string> Labels()
    {
        var labels = new Dictionary<string, string>(_file.Pairs("worker", "oci", "labels") ?? new Dictionary<string, string>(), StringComparer.Ordinal);
        foreach (string label in _flags.GetValueOrDefault("oci-worker-labels") ?? [])
        {
            string[] parts = label.Split('=', 2);
            labels[parts[0]] = parts.Length == 2 ? parts[1] : throw Wrong($"--oci-worker-labels: {label} is not NAME=VALUE");
        }

        return labels;
    }

    private string? Driver() => (Last("oci-worker-snapshotter") ?? _file.Text("worker", "oci", "snapshotter") ?? "auto") switch
    {
        "auto" => null,
        "overlayfs" => "overlay",
        "native" => "native",
        var other => throw Wrong($"there is no snapshotter {other} (auto, overlayfs, native)"),
    };

    private int? Parallelism()
    {
        long number = Last("oci-max-parallelism") is { } text
            ? long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long given) ? given : throw Wrong($"--oci-max-parallelism: {text} is no number")
            : _file.Number("worker", "oci", "max-parallelism") ?? 0;
        return number switch
        {
            0 => null,
            > 0 and <= int.MaxValue => (int)number,
            _ => throw Wrong($"{number} steps at the same time are not possible"),
        };
    }

    private IReadOnlyList<GcRule> Rules(string root)
    {
        if (!IsOn("oci-worker-gc", _file.Flag("worker", "oci", "gc") ?? true))
        {
            return [];
        }

        long disk = DiskSize(root);
        if (_file.GcRules(disk, "worker", "oci", "gcpolicy") is { Count: > 0 } rules)
        {
            return rules;
        }

        GcSpaces spaces = Last("oci-worker-gc-keepstorage") is { } text
            ? KeepStorage(text)
            : new GcSpaces(
                _file.Size(disk, "worker", "oci", "reservedSpace") ?? 0,
                _file.Size(disk, "worker", "oci", "maxUsedSpace") ?? 0,
                _file.Size(disk, "worker", "oci", "minFreeSpace") ?? 0);
        if (spaces == GcSpaces.None)
        {
            spaces = new GcSpaces(_file.Size(disk, "worker", "oci", "gckeepstorage") ?? 0, 0, 0);
        }

        return GcDefaults.Rules(spaces, disk);
    }

    private static GcSpaces KeepStorage(string text)
    {
        long[] numbers = [.. text.Split(',').Select(part => long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number * Megabyte
            : throw Wrong($"--oci-worker-gc-keepstorage: {text} is not RESERVED[,FREE[,MAXIMUM]]"))];
        return new GcSpaces(numbers[0], numbers.ElementAtOrDefault(2), numbers.ElementAtOrDefault(1));
    }

    private IEnumerable<string> NetworkWarnings()
    {
        if ((Last("oci-worker-net") ?? _file.Text("worker", "oci", "networkMode") ?? "auto") is not ("auto" or "host") and var mode)
        {
            yield return $"the network mode {mode} does not exist here; steps have the host's network or none";
        }
    }

    private static long DiskSize(string root)
    {
        string? there = root;
        while (there is not null && !Directory.Exists(there))
        {
            there = Path.GetDirectoryName(there);
        }

        try
        {
            return there is null ? 0 : new DriveInfo(there).TotalSize;
        }
        catch (IOException)
        {
            return 0;   // then a fixed size is taken
        }
    }

    private string? Last(string name) => _flags.TryGetValue(name, out IReadOnlyList<string>? given) ? given[^1] : null;

    private bool IsOn(string name, bool? inFile) => Last(name) is { } text
        ? text switch
        {
            "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
            "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
            _ => throw Wrong($"--{name}: {text} is neither true nor false"),
        }
        : inFile ?? false;

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static BuildException Wrong(string text) => new(ErrorKind.Input, "", "", text);
}
