using System.Globalization;
using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Lowering;

/// <summary>The signals of Linux.</summary>
internal static class SignalNames
{
    private const int Highest = 64;

    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL", "PROF", "PWR",
        "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU",
        "XFSZ", "RTMIN", "RTMAX",
    };

    /// <summary>The text itself when it names a signal.</summary>
    /// <exception cref="SyntaxFault">It names none.</exception>
    public static string Check(string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            return number is > 0 and <= Highest ? text : throw new SyntaxFault($"Invalid signal: {text}");
        }
        string name = text.ToUpperInvariant();
        name = name.StartsWith("SIG", StringComparison.Ordinal) ? name[3..] : name;
        bool isRealTime = name.StartsWith("RTMIN+", StringComparison.Ordinal) || name.StartsWith("RTMAX-", StringComparison.Ordinal);
        bool isKnown = isRealTime
            ? int.TryParse(name[6..], NumberStyles.None, CultureInfo.InvariantCulture, out int offset) && offset <= 30
            : Known.Contains(name);
        return isKnown ? text : throw new SyntaxFault($"Invalid signal: {text}");
    }
}
