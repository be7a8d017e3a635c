namespace Cairn.Llb;

/// <content>Reading platforms as users write them.</content>
public sealed partial record Platform
{
    private static readonly HashSet<string> KnownSystems = new(StringComparer.Ordinal)
    {
        "aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "js", "linux", "nacl", "netbsd", "openbsd",
        "plan9", "solaris", "windows", "zos",
    };

    private static readonly HashSet<string> KnownArchitectures = new(StringComparer.Ordinal)
    {
        "386", "amd64", "amd64p32", "arm", "armbe", "arm64", "arm64be", "loong64", "mips", "mipsle", "mips64", "mips64le",
        "mips64p32", "mips64p32le", "ppc", "ppc64", "ppc64le", "riscv", "riscv64", "s390", "s390x", "sparc", "sparc64", "wasm",
    };

    /// <summary>Reads "linux/arm64/v8", "linux/arm64", "linux", "arm64" or "windows(10.0.17763)/amd64"; a part left out is this machine's.</summary>
    /// <exception cref="BuildException">Input: the text is no platform.</exception>
    public static Platform Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split('/');
        (string os, string version) = SplitVersion(parts[0], text);
        if (parts.Length > 3 || !IsWord(os) || !parts.Skip(1).All(IsWord))
        {
            throw Invalid(text, "it must have the form <os>[(<version>)][/<architecture>[/<variant>]]");
        }

        if (parts.Length > 1)
        {
            return Create(os, parts[1], parts.Length > 2 ? parts[2] : "", version);
        }

        if (KnownSystems.Contains(NormalizeOs(os)))
        {
            return Create(os, Default.Architecture, Default.Variant, version);
        }

        Platform native = Create(Default.Os, os);
        return KnownArchitectures.Contains(native.Architecture) && version.Length == 0
            ? native
            : throw Invalid(text, "unknown operating system or architecture");
    }

    private static (string Os, string Version) SplitVersion(string part, string text)
    {
        int open = part.IndexOf('(', StringComparison.Ordinal);
        if (open < 0)
        {
            return (part, "");
        }

        string version = part.EndsWith(')') ? part[(open + 1)..^1] : "(";
        return version.Length == 0 || IsWord(version)
            ? (part[..open], version)
            : throw Invalid(text, "the operating system's version must stand in one pair of parentheses");
    }

    private static bool IsWord(string part) =>
        part.Length > 0 && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');

    private static BuildException Invalid(string text, string reason) =>
        new(ErrorKind.Input, "read platform", $"\"{text}\"", reason, "Write it like linux/amd64 or linux/arm/v7.");
}
