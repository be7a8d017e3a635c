using Cairn.Cache.Refs;

namespace Cairn.Solver.Tests.Keys;

/// <summary>Nobody watches.</summary>
internal sealed class NoProgress : ITransferProgress, IProgressItem
{
    public static NoProgress Instance { get; } = new();

    public IProgressItem Begin(string id, string action, long total) => this;

    public void Report(long current)
    {
    }

    public void Dispose()
    {
    }
}
