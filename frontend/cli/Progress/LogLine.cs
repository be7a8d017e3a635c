using System.Globalization;

namespace Cairn.Cli.Progress;

/// <summary>One line of a step's output and when it came, counted from the step's start.</summary>
internal readonly record struct LogLine(TimeSpan Offset, string Text)
{
    /// <summary>"0.123 text": four digits, as long as the step is young.</summary>
    public override string ToString()
    {
        double seconds = Offset.TotalSeconds;
        string format = seconds < 10 ? "0.000" : seconds < 100 ? "0.00" : seconds < 1000 ? "0.0" : "0";
        return $"{seconds.ToString(format, CultureInfo.InvariantCulture)} {Text}";
    }
}
