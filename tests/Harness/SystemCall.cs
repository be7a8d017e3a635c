using System.Text.RegularExpressions;

namespace Cairn.Tests.Harness;

/// <summary>One recorded system call. Descriptors in the arguments have their paths behind them: <c>3&lt;/root/lock&gt;</c>.</summary>
internal sealed partial record SystemCall(int Thread, string Name, string Arguments, string Result)
{
    /// <summary>Every path among the arguments: of descriptors and in quotes.</summary>
    public IReadOnlyList<string> Paths { get; } =
        [.. Path().Matches(Arguments).Select(static match => match.Groups[1].Success ? match.Groups[1].Value : match.Groups[2].Value)];

    /// <summary>The path that an opening, or another call with a directory and a name, is about.</summary>
    public string Target => Paths is [.., { } directory, { } name] && !name.StartsWith('/') ? $"{directory}/{name}" : Paths.Count == 0 ? "" : Paths[^1];

    public bool Failed => Result.StartsWith('-');

    /// <summary>It opens a file for writing, or makes one.</summary>
    public bool OpensToWrite => Name is "open" or "openat" or "openat2" or "creat"
        && (Arguments.Contains("O_WRONLY", StringComparison.Ordinal) || Arguments.Contains("O_RDWR", StringComparison.Ordinal)
            || Arguments.Contains("O_CREAT", StringComparison.Ordinal) || Arguments.Contains("O_TRUNC", StringComparison.Ordinal));

    public bool TakesExclusiveLock => Name == "flock" && Arguments.Contains("LOCK_EX", StringComparison.Ordinal);

    public override string ToString() => $"{Name}({Arguments}) = {Result}";

    [GeneratedRegex("""(?:\d+|AT_FDCWD)<(/[^>]*)>|"((?:[^"\\]|\\.)*)" """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Path();
}
