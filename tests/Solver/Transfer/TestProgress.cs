using System.Collections.Concurrent;
using System.Text;
using Cairn.Cache.Refs;
using Cairn.Solver.Progress;

namespace Cairn.Solver.Tests.Transfer;

/// <summary>Remembers what was told.</summary>
internal sealed class TestProgress : IVertexProgress
{
    public ConcurrentQueue<string> Items { get; } = new();

    public ConcurrentQueue<string> Warnings { get; } = new();

    public ConcurrentQueue<string> Lines { get; } = new();

    public IProgressItem Begin(string id, string action, long total)
    {
        Items.Enqueue(action.Length > 0 ? $"{action} {id}" : id);
        return new Item();
    }

    public void Log(int stream, ReadOnlySpan<byte> bytes) => Lines.Enqueue(Encoding.UTF8.GetString(bytes));

    public void Warn(BuildWarning warning) => Warnings.Enqueue(warning.Short);

    public IProgressItem Step(string id) => Begin(id, "", 0);

    private sealed class Item : IProgressItem
    {
        public void Report(long current)
        {
        }

        public void Dispose()
        {
        }
    }
}
