using Cairn.Solver.History;

namespace Cairn.Solver.Explain;

/// <summary>The step of an earlier build that a step was compared with.</summary>
/// <param name="Build">The build.</param>
/// <param name="Created">When it began.</param>
/// <param name="Step">The step.</param>
public sealed record EarlierStep(BuildId Build, DateTimeOffset Created, ExplainedStep Step);
