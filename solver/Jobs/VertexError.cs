using Cairn.Llb;
using Cairn.Llb.Graphs;

namespace Cairn.Solver.Jobs;

/// <summary>Says of an error which vertex it belongs to, and where that stands in the source.</summary>
internal static class VertexError
{
    public static BuildException Of(Exception error, Vertex vertex)
    {
        BuildException known = error as BuildException ?? new BuildException(
            error is IOException or UnauthorizedAccessException ? ErrorKind.Environment : ErrorKind.Internal,
            string.Empty, string.Empty, error.Message, remedy: null, error);
        if (known.Vertex is not null)
        {
            return known;
        }

        BuildException told = known.WithVertex(vertex.Digest).WithOp(vertex.Op);
        foreach (SourceLocation location in vertex.Sources)
        {
            told = told.WithSource(location);
        }

        return told;
    }
}
