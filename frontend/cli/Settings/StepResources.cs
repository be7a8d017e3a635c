using System.Globalization;

namespace Cairn.Cli.Settings;

/// <summary>Limits of RUN steps from --resource, as options of a build.</summary>
internal static class StepResources
{
    private const long CpuPeriod = 100_000;   // microseconds

    private static readonly string[] Known = ["cpu-shares", "cpus", "cpuset-cpus", "cpuset-mems", "memory", "memory-swap", "pids"];

    /// <summary>Reads "memory=SIZE", "memory-swap=SIZE|-1", "cpus=NUMBER", "cpu-shares=N", "cpuset-cpus=LIST", "cpuset-mems=LIST", "pids=N", comma-separated or one each.</summary>
    /// <returns>Names as options have them; of a name that comes twice the last counts.</returns>
    /// <exception cref="UsageException">A name is unknown, or a value makes no sense.</exception>
    public static IReadOnlyDictionary<string, string> Parse(IReadOnlyList<string> texts)
    {
        SortedDictionary<string, string> options = new(StringComparer.Ordinal);
        string last = "";
        foreach (string text in texts)
        {
            // A list of CPUs has commas of its own: what has no name belongs to the one before.
            foreach (string field in text.Split(','))
            {
                int equals = field.IndexOf('=', StringComparison.Ordinal);
                if (equals < 0 && last is "cpuset-cpus" or "cpuset-mems")
                {
                    options[last.Replace("-", "", StringComparison.Ordinal)] += "," + field;
                    continue;
                }

                last = equals < 0 ? field : field[..equals];
                Put(options, last, equals < 0 ? "" : field[(equals + 1)..], field);
            }
        }

        return options;
    }

    private static void Put(SortedDictionary<string, string> options, string name, string value, string field)
    {
        switch (name)
        {
            case "memory":
                options["memory"] = Text(ByteSize.Parse(value, "--resource memory"));
                break;
            case "memory-swap":
                options["memswap"] = value == "-1" ? value : Text(ByteSize.Parse(value, "--resource memory-swap"));
                break;
            case "cpus" when decimal.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal cpus) && cpus * CpuPeriod is >= 1 and < int.MaxValue:
                options["cpuperiod"] = Text(CpuPeriod);
                options["cpuquota"] = Text((long)(cpus * CpuPeriod));
                break;
            case "cpu-shares" or "pids" when long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number > 0:
                options[name == "pids" ? name : "cpushares"] = Text(number);
                break;
            case "cpuset-cpus" or "cpuset-mems" when value.Length > 0:
                options[name.Replace("-", "", StringComparison.Ordinal)] = value;
                break;
            default:
                throw new UsageException(Known.Contains(name, StringComparer.Ordinal)
                    ? $"--resource: invalid value in '{field}'"
                    : $"--resource: unknown name in '{field}'{Suggestion.Text(name, Known)}; known: {string.Join(", ", Known)}");
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
