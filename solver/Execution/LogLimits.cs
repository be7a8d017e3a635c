using System.Globalization;

namespace Cairn.Solver.Execution;

/// <summary>How much one stream of a step may print into the log.</summary>
/// <param name="MaxBytes">In total; -1 is unlimited.</param>
/// <param name="MaxBytesPerSecond">For each begun second of run time; -1 is unlimited.</param>
public sealed record LogLimits(long MaxBytes, long MaxBytesPerSecond)
{
    /// <summary>2 MiB in total, 200 KiB per second.</summary>
    public static LogLimits Default { get; } = new(2 << 20, 200 << 10);

    /// <summary>The defaults, unless BUILDKIT_STEP_LOG_MAX_SIZE or BUILDKIT_STEP_LOG_MAX_SPEED say otherwise, in bytes.</summary>
    public static LogLimits FromEnvironment() => new(
        Variable("BUILDKIT_STEP_LOG_MAX_SIZE", Default.MaxBytes), Variable("BUILDKIT_STEP_LOG_MAX_SPEED", Default.MaxBytesPerSecond));

    private static long Variable(string name, long otherwise) =>
        long.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
            ? Math.Max(-1, value)
            : otherwise;
}
