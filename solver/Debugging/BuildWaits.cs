using System.Text;

namespace Cairn.Solver.Debugging;

/// <summary>What one build waits for.</summary>
/// <param name="Build">Its id; empty for one that a step began.</param>
/// <param name="Vertices">What it wants, and what that waits for, down to what is under way; none if it waits for nothing.</param>
public sealed record BuildWaits(string Build, IReadOnlyList<VertexWaits> Vertices)
{
    /// <summary>For people: a line for each vertex below the build's id.</summary>
    public static string Render(IReadOnlyList<BuildWaits> builds)
    {
        ArgumentNullException.ThrowIfNull(builds);
        var text = new StringBuilder();
        foreach (BuildWaits build in builds)
        {
            text.Append("build ").Append(build.Build.Length > 0 ? build.Build : "inside a step")
                .Append(build.Vertices.Count == 0 ? " waits for nothing\n" : ":\n");
            foreach (VertexWaits vertex in build.Vertices)
            {
                text.Append("  ").Append(vertex.Name).Append(" (").Append(vertex.Vertex).Append("): ").AppendJoin("; ", vertex.States).Append('\n');
            }
        }

        return text.Length == 0 ? "no build has asked for anything\n" : text.ToString();
    }
}
