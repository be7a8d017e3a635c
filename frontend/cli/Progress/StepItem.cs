using System.Globalization;
using Cairn.Cli.Settings;
using Cairn.Solver.Progress;

namespace Cairn.Cli.Progress;

/// <summary>A transfer, an unpacking or another piece of a step, with a count of bytes where there is one.</summary>
internal sealed class StepItem(string text)
{
    public string Text => text;

    public long Current { get; private set; }

    /// <summary>0 when it is not known.</summary>
    public long Total { get; private set; }

    public DateTimeOffset? Started { get; private set; }

    public DateTimeOffset? Completed { get; private set; }

    /// <summary>What the plain display last printed of it; null for nothing yet.</summary>
    public DateTimeOffset? Printed { get; set; }

    /// <summary>Whether the plain display has printed its end.</summary>
    public bool PrintedEnd { get; set; }

    public void Apply(StatusEvent status)
    {
        Current = status.Current;
        Total = status.Total;
        Started = status.Started ?? Started;
        Completed = status.Completed;
        PrintedEnd &= Completed is not null;
    }

    /// <summary>" 1.05MB / 2.10MB", " 480B" or nothing.</summary>
    public string Bytes() => (Current, Total) switch
    {
        (_, > 0) => $" {ByteSize.Format(Current)} / {ByteSize.Format(Total)}",
        ( > 0, _) => $" {ByteSize.Format(Current)}",
        _ => "",
    };

    public TimeSpan Elapsed(DateTimeOffset now) => Started is { } started && (Completed ?? now) > started ? (Completed ?? now) - started : TimeSpan.Zero;

    /// <summary>" 0.2s"; nothing below 50 ms.</summary>
    public string Time(DateTimeOffset now) =>
        Elapsed(now) >= TimeSpan.FromMilliseconds(50) ? $" {Elapsed(now).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)}s" : "";
}
