using Cairn.Llb;

namespace Cairn.Solver.Scheduling;

/// <summary>The digest of the selected content of an input.</summary>
internal sealed record ContentHashed(WorkId Work, Digest Content) : WorkEnded(Work);
