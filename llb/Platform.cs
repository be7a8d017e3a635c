using System.Runtime.InteropServices;
using System.Text;

namespace Cairn.Llb;

/// <summary>What an image or a step runs on, in normal form: "linux/amd64", "linux/arm/v7", "windows(10.0.17763)/amd64".</summary>
/// <remarks>Normal form: lower case, Go's names of systems and architectures, a variant only where it is not the usual one.</remarks>
public sealed partial record Platform
{
    private Platform(string os, string architecture, string variant, string osVersion, IReadOnlyList<string> osFeatures)
    {
        Os = os;
        Architecture = architecture;
        Variant = variant;
        OsVersion = osVersion;
        OsFeatures = osFeatures;
    }

    /// <summary>The platform of this machine.</summary>
    public static Platform Default { get; } = Create("linux", NativeArchitecture());

    /// <summary>Operating system, "linux".</summary>
    public string Os { get; }

    /// <summary>Architecture, "amd64".</summary>
    public string Architecture { get; }

    /// <summary>Variant of the architecture, "v7"; empty for the usual one (none for arm64 v8 and amd64 v1, but "v7" for arm).</summary>
    public string Variant { get; }

    /// <summary>Version of the operating system; empty mostly.</summary>
    public string OsVersion { get; }

    /// <summary>Features asked of the operating system; empty mostly.</summary>
    public IReadOnlyList<string> OsFeatures { get; }

    /// <summary>A platform in normal form.</summary>
    public static Platform Create(
        string os, string architecture, string variant = "", string osVersion = "", IReadOnlyList<string>? osFeatures = null)
    {
        (string arch, string kind) = NormalizeArchitecture(architecture, variant);
        return new Platform(NormalizeOs(os), arch, kind, osVersion, osFeatures ?? []);
    }

    /// <summary>From the wire, in normal form.</summary>
    /// <returns>The default platform for null, and its parts where the message has none.</returns>
    public static Platform From(Protos.Pb.Platform? message) => message is null
        ? Default
        : Create(
            message.OS.Length == 0 ? Default.Os : message.OS,
            message.Architecture.Length == 0 ? Default.Architecture : message.Architecture,
            message.Variant, message.OSVersion, [.. message.OSFeatures]);

    /// <summary>As a message.</summary>
    public Protos.Pb.Platform ToMessage()
    {
        var message = new Protos.Pb.Platform { OS = Os, Architecture = Architecture, Variant = Variant, OSVersion = OsVersion };
        message.OSFeatures.Add(OsFeatures);
        return message;
    }

    /// <summary><c>os[(version)]/architecture[/variant]</c>.</summary>
    public string Format()
    {
        var text = new StringBuilder(Os);
        if (OsVersion.Length > 0)
        {
            text.Append('(').Append(OsVersion).Append(')');
        }

        text.Append('/').Append(Architecture);
        if (Variant.Length > 0)
        {
            text.Append('/').Append(Variant);
        }

        return text.ToString();
    }

    /// <inheritdoc cref="Format"/>
    public override string ToString() => Format();

    /// <summary>Same parts; features in the same order.</summary>
    public bool Equals(Platform? other) =>
        other is not null && Os == other.Os && Architecture == other.Architecture && Variant == other.Variant
        && OsVersion == other.OsVersion && OsFeatures.SequenceEqual(other.OsFeatures, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Os, Architecture, Variant, OsVersion);

    private static string NativeArchitecture() => RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.X86 => "386",
        System.Runtime.InteropServices.Architecture.LoongArch64 => "loong64",
        System.Runtime.InteropServices.Architecture.Ppc64le => "ppc64le",
        System.Runtime.InteropServices.Architecture other => other.ToString().ToLowerInvariant(),
    };

    private static string NormalizeOs(string os) => os.ToLowerInvariant() switch
    {
        "macos" => "darwin",
        string lower => lower,
    };

    private static (string Architecture, string Variant) NormalizeArchitecture(string architecture, string variant)
    {
        string arch = architecture.ToLowerInvariant();
        string kind = variant.ToLowerInvariant();
        return arch switch
        {
            "i386" => ("386", ""),
            "x86_64" or "x86-64" or "amd64" => ("amd64", kind == "v1" ? "" : kind),
            "aarch64" or "arm64" => ("arm64", kind is "8" or "v8" or "v8.0" ? "" : kind),
            "armhf" => ("arm", "v7"),
            "armel" => ("arm", "v6"),
            "arm" => ("arm", kind switch
            {
                "" or "7" => "v7",
                "5" or "6" or "8" => "v" + kind,
                _ => kind,
            }),
            _ => (arch, kind),
        };
    }
}
