using Cairn.Llb;
using Cairn.Solver.History;

namespace Cairn.Solver.Explain;

/// <summary>A step as an explanation names it.</summary>
/// <param name="Digest">Names it in its build.</param>
/// <param name="Name">For people.</param>
/// <param name="Source">Where it was written; null if nobody said.</param>
public sealed record ExplainedStep(Digest Digest, string Name, SourceLines? Source)
{
    internal static ExplainedStep Of(StepRecord step) => new(step.Digest, step.Name, step.Source);
}
