using Cairn.Solver.Progress;

namespace Cairn.Solver.Jobs;

/// <summary>The news of a nested build, told to the builds of the vertex that asked for it.</summary>
internal sealed class NestedProgress(VertexChannel outer) : IBuildProgress
{
    public void Write(BuildEvent news) => outer.Publish(news);
}
