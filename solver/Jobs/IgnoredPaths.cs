using Cairn.Llb.Graphs;
using Cairn.Llb.Matching;
using Cairn.Solver.Sources;

namespace Cairn.Solver.Jobs;

/// <summary>Tells of a path that a client's directory lacks whether the client's ignore patterns are the cause.</summary>
internal static class IgnoredPaths
{
    private const string LocalScheme = "local://";

    /// <summary>The vertex takes a directory of the client.</summary>
    public static bool IsClientDirectory(Vertex vertex) =>
        vertex.Op.Source?.Identifier.StartsWith(LocalScheme, StringComparison.Ordinal) == true;

    /// <summary>What to tell about a path that was not found.</summary>
    /// <param name="input">Where the path was looked for.</param>
    /// <param name="path">Absolute in the input, perhaps in quotes.</param>
    /// <returns>Null if the input is no directory of the client, or its patterns do not exclude the path.</returns>
    public static string? Explain(Vertex input, string path)
    {
        if (!IsClientDirectory(input))
        {
            return null;
        }

        string relative = path.Trim('"').Trim('/');
        IReadOnlyList<string> patterns = new SourceAttributes(input.Op.Source).List("local.excludepatterns");
        if (relative.Length == 0 || !new PatternMatcher(patterns).IsMatch(relative))
        {
            return null;
        }

        string? single = patterns.FirstOrDefault(pattern => new PatternMatcher([pattern]).IsMatch(relative));
        string cause = single is null ? "the patterns" : $"the pattern \"{single}\"";
        return $"\"{relative}\" is excluded from {input.Op.Source.Identifier} by {cause} in .dockerignore: remove it there, or add \"!{relative}\".";
    }
}
