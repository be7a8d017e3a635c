using Cairn.Llb.Matching;

namespace Cairn.Solver.Sources;

/// <summary>Tells of a path that a client's directory lacks whether the client's own patterns are the cause.</summary>
internal static class IgnoredPaths
{
    /// <summary>What to tell about a path that was not found.</summary>
    /// <param name="directory">Name of the directory.</param>
    /// <param name="patterns">What the client leaves out.</param>
    /// <param name="path">Absolute in the directory, perhaps in quotes.</param>
    /// <returns>Null if the patterns do not exclude the path.</returns>
    public static string? Explain(string directory, IReadOnlyList<string> patterns, string path)
    {
        string relative = path.Trim('"').Trim('/');
        if (relative.Length == 0 || !new PatternMatcher(patterns).IsMatch(relative))
        {
            return null;
        }

        string? single = patterns.FirstOrDefault(pattern => new PatternMatcher([pattern]).IsMatch(relative));
        string cause = single is null ? "the patterns" : $"the pattern \"{single}\"";
        return $"\"{relative}\" is excluded from \"{directory}\" by {cause} of its ignore file: remove it there, or add \"!{relative}\".";
    }
}
