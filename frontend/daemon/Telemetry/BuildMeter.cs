using System.Globalization;
using System.Text;
using Cairn.Protos.Control;

namespace Cairn.Daemon.Telemetry;

/// <summary>Counts builds and steps, for Prometheus.</summary>
/// <remarks>Source of the form: Prometheus, "Exposition formats", text 0.0.4.</remarks>
internal sealed class BuildMeter
{
    private static readonly double[] Bounds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly SortedDictionary<string, long> _builds = new(StringComparer.Ordinal) { ["canceled"] = 0, ["completed"] = 0, ["failed"] = 0 };
    private readonly SortedDictionary<string, long> _steps = new(StringComparer.Ordinal) { ["cached"] = 0, ["executed"] = 0, ["failed"] = 0 };
    private readonly long[] _buckets = new long[Bounds.Length];
    private double _seconds;
    private long _count;

    /// <summary>A build has ended.</summary>
    /// <param name="result"><c>completed</c>, <c>failed</c> or <c>canceled</c>.</param>
    /// <param name="elapsed">How long it took.</param>
    /// <param name="record">Its counts of steps.</param>
    /// <param name="failedSteps">Steps that failed.</param>
    public void Take(string result, TimeSpan elapsed, BuildHistoryRecord record, int failedSteps)
    {
        lock (_lock)
        {
            _builds[result]++;
            _steps["cached"] += record.NumCachedSteps;
            _steps["failed"] += failedSteps;
            _steps["executed"] += Math.Max(0, record.NumCompletedSteps - record.NumCachedSteps - failedSteps);
            _seconds += elapsed.TotalSeconds;
            _count++;
            for (int i = 0; i < Bounds.Length; i++)
            {
                _buckets[i] += elapsed.TotalSeconds <= Bounds[i] ? 1 : 0;
            }
        }
    }

    /// <summary>All counts, and some values of the moment.</summary>
    /// <param name="gauges">Name, explanation and value of what is measured now.</param>
    public string Write(IEnumerable<(string Name, string Help, double Value)> gauges)
    {
        var text = new StringBuilder();
        lock (_lock)
        {
            Head(text, "cairn_builds_total", "Builds that have ended.", "counter");
            foreach ((string result, long count) in _builds)
            {
                text.Append(CultureInfo.InvariantCulture, $"cairn_builds_total{{result=\"{result}\"}} {count}\n");
            }

            Head(text, "cairn_steps_total", "Steps of builds that have ended.", "counter");
            foreach ((string outcome, long count) in _steps)
            {
                text.Append(CultureInfo.InvariantCulture, $"cairn_steps_total{{outcome=\"{outcome}\"}} {count}\n");
            }

            Head(text, "cairn_build_duration_seconds", "How long builds took.", "histogram");
            for (int i = 0; i < Bounds.Length; i++)
            {
                text.Append(CultureInfo.InvariantCulture, $"cairn_build_duration_seconds_bucket{{le=\"{Bounds[i]}\"}} {_buckets[i]}\n");
            }

            text.Append(CultureInfo.InvariantCulture, $"cairn_build_duration_seconds_bucket{{le=\"+Inf\"}} {_count}\n");
            text.Append(CultureInfo.InvariantCulture, $"cairn_build_duration_seconds_sum {_seconds}\n");
            text.Append(CultureInfo.InvariantCulture, $"cairn_build_duration_seconds_count {_count}\n");
        }

        foreach ((string name, string help, double value) in gauges)
        {
            Head(text, name, help, name.EndsWith("_total", StringComparison.Ordinal) ? "counter" : "gauge");
            text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
        }

        return text.ToString();
    }

    private static void Head(StringBuilder text, string name, string help, string type) =>
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");
}
