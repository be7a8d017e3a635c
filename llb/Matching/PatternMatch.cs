namespace Cairn.Llb.Matching;

/// <summary>What a <see cref="PatternMatcher"/> found for one path; handed on to the entries below it.</summary>
public sealed class PatternMatch
{
    internal PatternMatch(bool isMatch, bool[] hits)
    {
        IsMatch = isMatch;
        Hits = hits;
    }

    /// <summary>Whether the path matches.</summary>
    public bool IsMatch { get; }

    /// <summary>By pattern: whether it applied to the path or to a parent.</summary>
    internal bool[] Hits { get; }
}
