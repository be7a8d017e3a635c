using System.Globalization;

namespace Cairn.Frontend.Gateway.Bridge;

/// <summary>Numbers of signals by name, as Linux has them on all processors that .NET runs on.</summary>
/// <remarks>Source: signal(7); names as in <c>kill -l</c>.</remarks>
internal static class SignalNumbers
{
    private const int FirstRealTime = 34;   // of the C libraries; the two before are their own
    private const int LastRealTime = 64;

    private static readonly Dictionary<string, int> Known = new(StringComparer.Ordinal)
    {
        ["HUP"] = 1, ["INT"] = 2, ["QUIT"] = 3, ["ILL"] = 4, ["TRAP"] = 5, ["ABRT"] = 6, ["IOT"] = 6, ["BUS"] = 7, ["FPE"] = 8, ["KILL"] = 9,
        ["USR1"] = 10, ["SEGV"] = 11, ["USR2"] = 12, ["PIPE"] = 13, ["ALRM"] = 14, ["TERM"] = 15, ["STKFLT"] = 16, ["CHLD"] = 17, ["CLD"] = 17,
        ["CONT"] = 18, ["STOP"] = 19, ["TSTP"] = 20, ["TTIN"] = 21, ["TTOU"] = 22, ["URG"] = 23, ["XCPU"] = 24, ["XFSZ"] = 25, ["VTALRM"] = 26,
        ["PROF"] = 27, ["WINCH"] = 28, ["IO"] = 29, ["POLL"] = 29, ["PWR"] = 30, ["SYS"] = 31,
    };

    /// <summary>The number of <c>TERM</c>, <c>RTMIN+1</c>, <c>RTMAX-1</c> …; null if there is no such signal.</summary>
    public static int? TryFind(string name)
    {
        if (Known.TryGetValue(name, out int number))
        {
            return number;
        }

        int found = name switch
        {
            "RTMIN" => FirstRealTime,
            "RTMAX" => LastRealTime,
            _ when name.StartsWith("RTMIN+", StringComparison.Ordinal) && TryRead(name, out int up) => FirstRealTime + up,
            _ when name.StartsWith("RTMAX-", StringComparison.Ordinal) && TryRead(name, out int down) => LastRealTime - down,
            _ => 0,
        };
        return found is >= FirstRealTime and <= LastRealTime ? found : null;
    }

    private static bool TryRead(string name, out int distance) =>
        int.TryParse(name.AsSpan("RTMIN+".Length), NumberStyles.None, CultureInfo.InvariantCulture, out distance);
}
