using System.Globalization;
using Cairn.Solver.Progress;

namespace Cairn.Cli.Progress;

/// <summary>Lines for a log file: one step at a time, "#5 …", with a change to another step only when the present one rests or has had its turn.</summary>
internal sealed class PlainDisplay(TextWriter output, BuildView view) : IBuildDisplay
{
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenBytes = TimeSpan.FromSeconds(2);

    private readonly List<StepRow> _changed = [];   // each once, in the order of their first unprinted news
    private StepRow? _current;
    private DateTimeOffset _currentSince;
    private DateTimeOffset _currentSpoke;
    private int _numbers;

    public TimeSpan Gather => TimeSpan.FromMilliseconds(30);

    public TimeSpan? Tick => TimeSpan.FromMilliseconds(500);

    public void Show(IReadOnlyList<BuildEvent> news, DateTimeOffset now)
    {
        foreach (BuildEvent one in news)
        {
            if (view.Apply(one) is { } row && !_changed.Contains(row))
            {
                _changed.Add(row);
            }
        }

        PrintWhatMay(now);
        output.Flush();
    }

    public void Finish(DateTimeOffset now)
    {
        Leave();
        foreach (StepRow row in _changed.Where(r => r.Started is not null).ToArray())
        {
            Enter(row, now);
            Print(row, now);
            Leave();
        }

        _changed.Clear();
        output.Flush();
    }

    private void PrintWhatMay(DateTimeOffset now)
    {
        while (true)
        {
            if (_current is { } current && _changed.Remove(current))
            {
                Print(current, now);
                if (current.IsCompleted)
                {
                    output.WriteLine();
                    _current = null;
                }
            }

            StepRow? next = _changed.Find(r => r.Started is not null);
            if (next is null)
            {
                return;
            }

            if (_current is not null)
            {
                if (now - _currentSince < Turn && now - _currentSpoke < Rest)
                {
                    return;
                }

                Leave();
            }

            Enter(next, now);
        }
    }

    private void Enter(StepRow row, DateTimeOffset now)
    {
        if (row.Number == 0)
        {
            row.Number = ++_numbers;
        }

        Line(row, row.Name);
        _current = row;
        _currentSince = now;
        _currentSpoke = now;
    }

    private void Leave()
    {
        if (_current is { } current)
        {
            if (!current.IsCompleted)
            {
                Line(current, "...");
            }

            output.WriteLine();
            _current = null;
        }
    }

    private void Print(StepRow row, DateTimeOffset now)
    {
        foreach (StepItem item in row.Items)
        {
            bool ended = item.Completed is not null;
            bool due = ended ? !item.PrintedEnd : item.Elapsed(now) > BetweenBytes && now - (item.Printed ?? item.Started) > BetweenBytes;
            if (due)
            {
                Line(row, $"{item.Text}{item.Bytes()}{item.Time(now)}{(ended ? " done" : "")}");
                item.Printed = now;
                item.PrintedEnd = ended;
                _currentSpoke = now;
            }
        }

        for (; row.Log.Printed < row.Log.Lines.Count; row.Log.Printed++)
        {
            Line(row, row.Log.Lines[row.Log.Printed].ToString());
            _currentSpoke = now;
        }

        if (row.IsCompleted)
        {
            Line(row, row switch
            {
                { IsCanceled: true } => "CANCELED",
                { Error: { } error } => $"ERROR: {error}",
                { IsCached: true } => "CACHED",
                _ => $"DONE {row.Elapsed(now).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)}s",
            });
        }
    }

    private void Line(StepRow row, string text) => output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"#{row.Number} {text}"));
}
