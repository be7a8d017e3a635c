using System.Globalization;
using Cairn.Llb;
using Cairn.Protos.Pb;

namespace Cairn.Solver.Jobs;

/// <summary>Limits of a step that several builds share: of each field the most relaxed value counts.</summary>
/// <remarks>Source: llb-semantics.md, section 2.</remarks>
internal static class StepLimits
{
    private const ulong DefaultPeriod = 100_000;   // microseconds, the kernel's
    private const long Unlimited = -1;
    private const string ProcessesOption = "pids";

    /// <summary>
    /// The most processes of each step that a build asks for, with an option of that name among those of its frontend: the messages of a definition
    /// have no field for it.
    /// </summary>
    /// <returns>Null for no limit.</returns>
    /// <exception cref="BuildException">Input: it is no number above 0.</exception>
    public static long? ReadProcesses(IReadOnlyDictionary<string, string> options) =>
        !options.TryGetValue(ProcessesOption, out string? text) ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long most) && most > 0 ? most
        : throw new BuildException(ErrorKind.Input, "read option", ProcessesOption, $"invalid value \"{text}\"");

    /// <summary>Both limits of processes in one; null is no limit.</summary>
    public static long? Relax(long? one, long? other) => one is null || other is null ? null : Math.Max(one.Value, other.Value);

    /// <summary>Both limits in one; null is no limit.</summary>
    public static LinuxResources? Relax(LinuxResources? one, LinuxResources? other)
    {
        if (one is null || other is null || ReferenceEquals(one, other))
        {
            return one is null || other is null ? null : one;
        }

        LinuxResources wider = RatioOf(other) > RatioOf(one) ? other : one;
        return new LinuxResources
        {
            Memory = one.Memory <= 0 || other.Memory <= 0 ? 0 : Math.Max(one.Memory, other.Memory),
            MemorySwap = RelaxSwap(one.MemorySwap, other.MemorySwap),
            CpuShares = one.CpuShares == 0 || other.CpuShares == 0 ? 0 : Math.Max(one.CpuShares, other.CpuShares),
            CpuPeriod = wider.CpuPeriod,
            CpuQuota = wider.CpuQuota,
            CpusetCpus = Unite(one.CpusetCpus, other.CpusetCpus),
            CpusetMems = Unite(one.CpusetMems, other.CpusetMems),
        };
    }

    private static long RelaxSwap(long one, long other) =>
        one == Unlimited || other == Unlimited ? Unlimited
        : one == 0 || other == 0 ? 0
        : Math.Max(one, other);

    private static double RatioOf(LinuxResources limits) => limits.CpuQuota <= 0
        ? double.PositiveInfinity
        : (double)limits.CpuQuota / (limits.CpuPeriod == 0 ? DefaultPeriod : limits.CpuPeriod);

    // Lists like "0-2,5"; an empty one is all there are.
    private static string Unite(string one, string other)
    {
        if (one.Length == 0 || other.Length == 0)
        {
            return string.Empty;
        }

        return one == other || Numbers(one) is not { } first || Numbers(other) is not { } second
            ? one
            : string.Join(',', first.Union(second).Order().Select(static number => number.ToString(CultureInfo.InvariantCulture)));
    }

    // Null for a text that is no such list: what is wrong with it is for the runtime to say.
    private static List<int>? Numbers(string text)
    {
        var numbers = new List<int>();
        foreach (string part in text.Split(','))
        {
            string[] ends = part.Split('-');
            if (ends.Length > 2
                || !int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int from)
                || !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int to)
                || to < from || to - from > short.MaxValue)
            {
                return null;
            }

            numbers.AddRange(Enumerable.Range(from, to - from + 1));
        }

        return numbers;
    }
}
