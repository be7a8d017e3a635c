using System.Text;
using Cairn.Solver.Execution;

namespace Cairn.Solver.Tests.Execution;

/// <summary>Keeps each stream's text, and tells when some text has appeared.</summary>
internal sealed class RecordedOutput : IExecOutput
{
    private readonly Lock _lock = new();
    private readonly StringBuilder[] _streams = [new(), new()];   // guarded by _lock
    private readonly List<(string Text, TaskCompletionSource Seen)> _awaited = [];   // guarded by _lock

    public string Output => Text(0);

    public string Errors => Text(1);

    public void Write(int stream, ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            _streams[stream - 1].Append(Encoding.UTF8.GetString(bytes));
            string all = _streams[stream - 1].ToString();
            foreach ((_, TaskCompletionSource seen) in _awaited.Where(awaited => all.Contains(awaited.Text, StringComparison.Ordinal)))
            {
                seen.TrySetResult();
            }
        }
    }

    public Task SeenAsync(string text)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_streams.Any(stream => stream.ToString().Contains(text, StringComparison.Ordinal)))
            {
                seen.SetResult();
            }

            _awaited.Add((text, seen));
        }

        return seen.Task;
    }

    private string Text(int index)
    {
        lock (_lock)
        {
            return _streams[index].ToString();
        }
    }
}
