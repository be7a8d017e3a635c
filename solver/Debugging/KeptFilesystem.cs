using Cairn.Cache.Refs;

namespace Cairn.Solver.Debugging;

/// <summary>One mount of a failed process whose files are kept in the cache.</summary>
/// <param name="Mount">Index of the mount in the op.</param>
/// <param name="Ref">The record that has the files.</param>
/// <param name="IsOwn">The record was made for this; otherwise it is an input that the cache has anyway.</param>
public sealed record KeptFilesystem(int Mount, RefId Ref, bool IsOwn);
