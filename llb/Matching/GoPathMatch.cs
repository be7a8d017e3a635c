using System.Text;

namespace Cairn.Llb.Matching;

/// <summary>Shell patterns over one path: <c>*</c> any run without a slash, <c>?</c> one character that is no slash, <c>[a-z^…]</c> classes, <c>\</c> takes the next character as it is.</summary>
/// <remarks>Source: the documented syntax of Go's filepath.Match on Unix. The whole name must match.</remarks>
public static class GoPathMatch
{
    /// <summary>Whether the name matches.</summary>
    /// <exception cref="BuildException">Input: the pattern is malformed.</exception>
    public static bool IsMatch(string pattern, string name) => TryMatch(pattern, name, out bool matches)
        ? matches
        : throw new BuildException(ErrorKind.Input, "read pattern", $"\"{pattern}\"", "syntax error in pattern");

    /// <summary>Whether the name matches, told in <paramref name="matches"/>.</summary>
    /// <returns>False when the pattern is malformed.</returns>
    public static bool TryMatch(string pattern, string name, out bool matches)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        ArgumentNullException.ThrowIfNull(name);
        matches = false;
        if (!IsWellFormed(pattern))
        {
            return false;
        }

        matches = Match(pattern, name);
        return true;
    }

    /// <summary>Whether the text has an unescaped <c>*</c>, <c>?</c> or <c>[</c>.</summary>
    public static bool HasWildcard(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (text[i] is '*' or '?' or '[')
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a pattern can be matched at all.</summary>
    public static bool IsWellFormed(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        ReadOnlySpan<char> rest = pattern;
        while (!rest.IsEmpty)
        {
            if (rest[0] == '[')
            {
                if (!TryMatchClass(ref rest, new Rune('a'), out _))
                {
                    return false;
                }
            }
            else if (rest[0] == '\\')
            {
                if (rest.Length == 1)
                {
                    return false;
                }

                rest = rest[2..];
            }
            else
            {
                rest = rest[1..];
            }
        }

        return true;
    }

    /// <summary>Reads one class from the front of the pattern and matches a character against it.</summary>
    /// <param name="pattern">Starts with <c>[</c>; what follows the class is left.</param>
    /// <param name="rune">The character.</param>
    /// <param name="matches">Whether the class has it.</param>
    /// <returns>False when the class is malformed.</returns>
    internal static bool TryMatchClass(ref ReadOnlySpan<char> pattern, Rune rune, out bool matches)
    {
        matches = false;
        pattern = pattern[1..];
        bool negated = !pattern.IsEmpty && pattern[0] == '^';
        pattern = negated ? pattern[1..] : pattern;
        bool found = false;
        for (int ranges = 0; ; ranges++)
        {
            if (!pattern.IsEmpty && pattern[0] == ']' && ranges > 0)
            {
                pattern = pattern[1..];
                matches = found != negated;
                return true;
            }

            if (!TryReadClassCharacter(ref pattern, out Rune low))
            {
                return false;
            }

            Rune high = low;
            if (pattern[0] == '-')
            {
                pattern = pattern[1..];
                if (!TryReadClassCharacter(ref pattern, out high))
                {
                    return false;
                }
            }

            found |= low <= rune && rune <= high;
        }
    }

    // A class character is never the last of the pattern: the class has to be closed.
    private static bool TryReadClassCharacter(ref ReadOnlySpan<char> pattern, out Rune rune)
    {
        rune = default;
        if (pattern.IsEmpty || pattern[0] is '-' or ']')
        {
            return false;
        }

        pattern = pattern[0] == '\\' ? pattern[1..] : pattern;
        if (pattern.IsEmpty)
        {
            return false;
        }

        Rune.DecodeFromUtf16(pattern, out rune, out int length);
        pattern = pattern[length..];
        return !pattern.IsEmpty;
    }

    // Only the last star needs to be tried again: an earlier one could take no more than it did without crossing what matched since.
    private static bool Match(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        ReadOnlySpan<char> afterStar = default;
        ReadOnlySpan<char> starName = default;
        bool hasStar = false;
        while (true)
        {
            if (!pattern.IsEmpty && pattern[0] == '*')
            {
                pattern = pattern[1..];
                afterStar = pattern;
                starName = name;
                hasStar = true;
            }
            else if (pattern.IsEmpty && name.IsEmpty)
            {
                return true;
            }
            else if (pattern.IsEmpty || name.IsEmpty || !TryStep(ref pattern, ref name))
            {
                if (!hasStar || starName.IsEmpty || starName[0] == '/')
                {
                    return false;
                }

                starName = starName[1..];
                pattern = afterStar;
                name = starName;
            }
        }
    }

    private static bool TryStep(ref ReadOnlySpan<char> pattern, ref ReadOnlySpan<char> name)
    {
        Rune.DecodeFromUtf16(name, out Rune rune, out int length);
        switch (pattern[0])
        {
            case '?':
                if (name[0] == '/')
                {
                    return false;
                }

                pattern = pattern[1..];
                name = name[length..];
                return true;
            case '[':
                name = name[length..];
                return TryMatchClass(ref pattern, rune, out bool matches) && matches;
            case '\\':
                pattern = pattern[1..];
                goto default;
            default:
                if (pattern[0] != name[0])
                {
                    return false;
                }

                pattern = pattern[1..];
                name = name[1..];
                return true;
        }
    }
}
