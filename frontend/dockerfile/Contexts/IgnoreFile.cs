using System.Text;
using Cairn.Llb;

namespace Cairn.Frontend.Dockerfile.Contexts;

/// <summary>A <c>.dockerignore</c>: what is left out of a context.</summary>
internal static class IgnoreFile
{
    /// <summary>The patterns in order, cleaned; a negated one begins with an exclamation mark.</summary>
    /// <exception cref="BuildException">A line is a lone exclamation mark.</exception>
    public static IReadOnlyList<string> Read(ReadOnlySpan<byte> content, string fileName)
    {
        if (content.StartsWith("\uFEFF"u8))
        {
            content = content[3..];
        }
        var patterns = new List<string>();
        int number = 0;
        foreach (string line in Encoding.UTF8.GetString(content).Split('\n'))
        {
            number++;
            string pattern = line.Trim();
            if (line.StartsWith('#') || pattern.Length == 0)
            {
                continue;
            }
            bool negated = pattern[0] == '!';
            pattern = negated ? pattern[1..].Trim() : pattern;
            if (pattern.Length == 0)
            {
                throw new BuildException(ErrorKind.Input, "read", fileName, $"illegal exclusion pattern: \"!\" on line {number}");
            }
            pattern = UnixPath.Clean(pattern);
            pattern = pattern.Length > 1 && pattern[0] == '/' ? pattern[1..] : pattern;
            patterns.Add(negated ? "!" + pattern : pattern);
        }
        return patterns;
    }
}
