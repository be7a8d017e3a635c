using Cairn.Llb;

namespace Cairn.Solver.Progress;

/// <summary>Something that the author of the build should look at.</summary>
/// <param name="Vertex">The vertex it is shown under.</param>
/// <param name="Warning">What it is.</param>
public sealed record WarningEvent(Digest Vertex, BuildWarning Warning) : BuildEvent;
