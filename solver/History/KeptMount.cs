using Cairn.Cache.Refs;
using Cairn.Llb;

namespace Cairn.Solver.History;

/// <summary>One mount of a failed step whose files are kept.</summary>
/// <param name="Build">The build.</param>
/// <param name="Step">The step.</param>
/// <param name="Mount">Index of the mount in the op.</param>
/// <param name="Ref">The cache record with its files.</param>
/// <param name="IsOwn">The record was made for this; otherwise the cache has it anyway.</param>
/// <param name="Created">When the step failed.</param>
internal sealed record KeptMount(BuildId Build, Digest Step, int Mount, RefId Ref, bool IsOwn, DateTimeOffset Created);
