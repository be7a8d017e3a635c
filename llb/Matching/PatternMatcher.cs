namespace Cairn.Llb.Matching;

/// <summary>A list of patterns as in a <c>.dockerignore</c>: the last one that applies decides, <c>!</c> takes back.</summary>
/// <remarks>
/// A pattern that matches a directory matches everything below it. Paths are relative, slash separated and clean. Source: the documented
/// behaviour of the moby pattern matcher.
/// </remarks>
public sealed class PatternMatcher
{
    private readonly List<PathPattern> _patterns = [];

    /// <summary>Compiles patterns; empty ones are skipped.</summary>
    /// <exception cref="BuildException">Input: a malformed pattern, or an exclamation mark alone.</exception>
    public PatternMatcher(IEnumerable<string> patterns)
    {
        ArgumentNullException.ThrowIfNull(patterns);
        foreach (string pattern in patterns)
        {
            Add(pattern);
        }
    }

    /// <summary>Whether there is no pattern at all; then nothing matches.</summary>
    public bool IsEmpty => _patterns.Count == 0;

    /// <summary>Whether a pattern takes back what others match, so that something below a matched directory may not match.</summary>
    public bool HasNegations { get; private set; }

    /// <summary>Whether a path matches, itself or through one of its parent directories.</summary>
    public bool IsMatch(string path) => Match(path, null).IsMatch;

    /// <summary>Matches a path during a walk, using what is known of its parent directory.</summary>
    /// <param name="path">Relative, slash separated, clean.</param>
    /// <param name="parent">The result for the parent directory; null looks at each parent again.</param>
    public PatternMatch Match(string path, PatternMatch? parent)
    {
        ArgumentNullException.ThrowIfNull(path);
        bool matched = false;
        var hits = new bool[_patterns.Count];
        for (int i = 0; i < _patterns.Count; i++)
        {
            PathPattern pattern = _patterns[i];
            if (parent is not null && parent.Hits[i])
            {
                hits[i] = true;
            }
            else if (pattern.IsNegated != matched)
            {
                continue;   // it could not change anything
            }
            else
            {
                hits[i] = pattern.IsMatch(path, orParent: parent is null);
            }

            if (hits[i])
            {
                matched = !pattern.IsNegated;
            }
        }

        return new PatternMatch(matched, hits);
    }

    /// <summary>Whether something below a directory can match; false only when it is certain that nothing does.</summary>
    /// <param name="directory">Relative, slash separated, clean; "" or "." for the root.</param>
    public bool CanMatchBelow(string directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        return _patterns.Any(pattern => !pattern.IsNegated && pattern.CanMatchBelow(directory));
    }

    /// <summary>Whether something below a matched directory can be taken back; false only when it is certain that nothing is.</summary>
    public bool CanBeTakenBackBelow(string directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        return _patterns.Any(pattern => pattern.IsNegated && pattern.CanMatchBelow(directory));
    }

    private void Add(string text)
    {
        string trimmed = text.Trim();
        if (trimmed.Length == 0)
        {
            return;
        }

        bool isNegated = trimmed.StartsWith('!');
        if (isNegated && trimmed.Length == 1)
        {
            throw new BuildException(ErrorKind.Input, "read pattern", "\"!\"", "illegal exclusion pattern");
        }

        string clean = UnixPath.Clean(isNegated ? trimmed[1..] : trimmed);
        if (!GoPathMatch.IsWellFormed(clean))
        {
            throw new BuildException(ErrorKind.Input, "read pattern", $"\"{text}\"", "syntax error in pattern");
        }

        _patterns.Add(new PathPattern(clean, isNegated));
        HasNegations |= isNegated;
    }
}
