namespace Cairn.Solver.Scheduling;

/// <summary>What a piece of work is.</summary>
internal enum WorkKind
{
    CacheMap,
    Lookup,
    Content,
    Load,
    Execution,
}
