using Cairn.Cache.Refs;
using Cairn.Solver.Scheduling;

namespace Cairn.Solver.Jobs;

/// <summary>A result that was asked for.</summary>
/// <param name="Id">Names it to the scheduler, should its bytes turn out to be gone.</param>
/// <param name="Ref">The asker's own claim; null is scratch.</param>
internal sealed record Delivered(ResultId Id, ImmutableRef? Ref) : IDisposable
{
    public void Dispose() => Ref?.Dispose();
}
