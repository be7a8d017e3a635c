using System.Text;
using Cairn.Solver.Progress;

namespace Cairn.Cli.Progress;

/// <summary>The output of a step in lines, each with its time since the step began. A line may arrive in pieces, and the two streams in turns.</summary>
internal sealed class StepLog
{
    private readonly List<LogLine> _lines = [];
    private readonly SortedDictionary<int, List<byte>> _open = [];   // by stream: a line without its end yet
    private TimeSpan _last;

    public IReadOnlyList<LogLine> Lines => _lines;

    /// <summary>How many lines the plain display has printed.</summary>
    public int Printed { get; set; }

    public void Append(LogEvent log, DateTimeOffset began)
    {
        _last = log.Timestamp > began ? log.Timestamp - began : TimeSpan.Zero;
        if (!_open.TryGetValue(log.Stream, out List<byte>? open))
        {
            _open.Add(log.Stream, open = []);
        }

        ReadOnlySpan<byte> rest = log.Bytes.Span;
        for (int end; (end = rest.IndexOf((byte)'\n')) >= 0; rest = rest[(end + 1)..])
        {
            open.AddRange(rest[..end]);
            Close(open);
        }

        open.AddRange(rest);
    }

    /// <summary>Makes lines of what came without an end: the step is over.</summary>
    public void End()
    {
        foreach (List<byte> open in _open.Values.Where(o => o.Count > 0))
        {
            Close(open);
        }
    }

    private void Close(List<byte> open)
    {
        _lines.Add(new LogLine(_last, Encoding.UTF8.GetString([.. open]).TrimEnd('\r')));
        open.Clear();
    }
}
