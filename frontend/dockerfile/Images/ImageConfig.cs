using Cairn.Llb;

namespace Cairn.Frontend.Dockerfile.Images;

/// <summary>The config of the image a stage makes; owned by that stage.</summary>
/// <remarks>Source: OCI image-spec, config.md, with the Docker additions Healthcheck, OnBuild and Shell.</remarks>
internal sealed class ImageConfig
{
    public const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    public string? Author { get; set; }
    public string Architecture { get; set; } = "";
    public string Os { get; set; } = "";
    public string OsVersion { get; set; } = "";
    public IReadOnlyList<string> OsFeatures { get; set; } = [];
    public string Variant { get; set; } = "";
    public string RootFsType { get; set; } = "";

    /// <summary>The layers of the base image; null is written as null.</summary>
    public IReadOnlyList<string>? DiffIds { get; set; }

    public List<HistoryEntry> History { get; private init; } = [];
    public string User { get; set; } = "";
    public SortedSet<string> ExposedPorts { get; private init; } = new(StringComparer.Ordinal);
    public List<string> Env { get; private init; } = [];
    public IReadOnlyList<string> Entrypoint { get; set; } = [];
    public IReadOnlyList<string> Cmd { get; set; } = [];
    public SortedSet<string> Volumes { get; private init; } = new(StringComparer.Ordinal);
    public string WorkingDir { get; set; } = "";
    public SortedDictionary<string, string> Labels { get; private init; } = new(StringComparer.Ordinal);
    public string StopSignal { get; set; } = "";
    public bool ArgsEscaped { get; set; }
    public HealthCheck? HealthCheck { get; set; }
    public IReadOnlyList<string> OnBuild { get; set; } = [];
    public IReadOnlyList<string> Shell { get; set; } = [];

    /// <summary>The config of an image without layers.</summary>
    public static ImageConfig Scratch(Platform platform)
    {
        var config = new ImageConfig { RootFsType = "layers", WorkingDir = "/" };
        config.SetPlatform(platform);
        config.Env.Add($"PATH={DefaultPath}");
        return config;
    }

    public Platform Platform => Platform.Create(Os, Architecture, Variant, OsVersion, OsFeatures);

    public void SetPlatform(Platform platform)
    {
        Os = platform.Os;
        Architecture = platform.Architecture;
        Variant = platform.Variant;
        OsVersion = platform.OsVersion;
        OsFeatures = platform.OsFeatures;
    }

    /// <summary>Sets an environment variable; one that was there keeps its place.</summary>
    public void SetEnv(string name, string value)
    {
        string entry = $"{name}={value}";
        int index = Env.FindIndex(e => e.StartsWith(name + "=", StringComparison.Ordinal) || e == name);
        if (index < 0)
        {
            Env.Add(entry);
        }
        else
        {
            Env[index] = entry;
        }
    }

    public ImageConfig Clone() => new()
    {
        Author = Author,
        Architecture = Architecture,
        Os = Os,
        OsVersion = OsVersion,
        OsFeatures = OsFeatures,
        Variant = Variant,
        RootFsType = RootFsType,
        DiffIds = DiffIds,
        History = [.. History],
        User = User,
        ExposedPorts = new(ExposedPorts, StringComparer.Ordinal),
        Env = [.. Env],
        Entrypoint = Entrypoint,
        Cmd = Cmd,
        Volumes = new(Volumes, StringComparer.Ordinal),
        WorkingDir = WorkingDir,
        Labels = new(Labels, StringComparer.Ordinal),
        StopSignal = StopSignal,
        ArgsEscaped = ArgsEscaped,
        HealthCheck = HealthCheck,
        OnBuild = OnBuild,
        Shell = Shell,
    };
}
