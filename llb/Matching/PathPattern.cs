using System.Text;

namespace Cairn.Llb.Matching;

/// <summary>One pattern over a slash-separated path, compiled to tokens; it must match the whole path.</summary>
/// <remarks>
/// Like <see cref="GoPathMatch"/>, but <c>**/</c> stands for any number of leading parts, none included, <c>**</c> at the end for
/// everything, and a class may match a slash.
/// </remarks>
internal sealed class PathPattern
{
    private readonly List<Token> _tokens = [];

    public PathPattern(string text, bool isNegated)
    {
        Text = text;
        IsNegated = isNegated;
        Compile(text);
    }

    /// <summary>Kinds of tokens; each takes a stretch of the path.</summary>
    private enum Kind
    {
        Character,
        AnyCharacter,
        Class,
        AnyRun,
        AnyParts,
        Rest,
    }

    /// <summary>The pattern, cleaned, without the exclamation mark.</summary>
    public string Text { get; }

    /// <summary>Written with an exclamation mark.</summary>
    public bool IsNegated { get; }

    /// <summary>Whether the pattern matches the whole path or, if asked, one of its parent directories.</summary>
    public bool IsMatch(ReadOnlySpan<char> path, bool orParent)
    {
        // Positions of the path that are reachable after the tokens so far: linear in both, whatever the stars.
        Span<bool> reachable = path.Length < 512 ? stackalloc bool[path.Length + 1] : new bool[path.Length + 1];
        reachable.Clear();
        reachable[0] = true;
        foreach (Token token in _tokens)
        {
            if (!Advance(token, path, reachable))
            {
                return false;
            }
        }

        // What a prefix of the path reaches does not depend on the rest, so one pass answers for all parents.
        for (int i = 1; orParent && i < path.Length; i++)
        {
            if (path[i] == '/' && reachable[i])
            {
                return true;
            }
        }

        return reachable[path.Length];
    }

    /// <summary>Whether a path below a directory can match; false only when that is certain.</summary>
    public bool CanMatchBelow(string directory)
    {
        if (directory is "" or ".")
        {
            return true;
        }

        // As far as the pattern has plain parts they must agree with the directory's parts; from the first wildcard on anything may.
        string[] wanted = Text.Split('/');
        string[] parts = directory.Split('/');
        for (int i = 0; i < Math.Min(wanted.Length, parts.Length); i++)
        {
            if (wanted[i].Contains("**", StringComparison.Ordinal))
            {
                return true;
            }

            if (!GoPathMatch.TryMatch(wanted[i], parts[i], out bool matches) || !matches)
            {
                return wanted[i].AsSpan().ContainsAny('[', '\\');
            }
        }

        return true;
    }

    // From the end, so that each position is read before it is overwritten; runs go from the front and spread.
    private static bool Advance(Token token, ReadOnlySpan<char> path, Span<bool> reachable)
    {
        bool any = false;
        switch (token.Kind)
        {
            case Kind.Rest:
                int first = reachable.IndexOf(true);
                reachable[first..].Fill(true);
                return true;
            case Kind.AnyRun:
                for (int i = 1; i < reachable.Length; i++)
                {
                    reachable[i] |= reachable[i - 1] && path[i - 1] != '/';
                }

                return true;
            case Kind.AnyParts:
                bool started = false;
                for (int i = 0; i < reachable.Length; i++)
                {
                    bool now = reachable[i];
                    reachable[i] = now || (started && path[i - 1] == '/');
                    started |= now;
                }

                return true;
            case Kind.Character or Kind.AnyCharacter or Kind.Class:
                for (int i = path.Length; i >= 0; i--)
                {
                    int length = i == 0 ? 0 : token.TakenBefore(path, i);
                    reachable[i] = length > 0 && reachable[i - length];
                    any |= reachable[i];
                }

                return any;
            default:
                throw new InvalidOperationException($"unknown token {token.Kind}");
        }
    }

    private void Compile(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '*' when i + 1 < text.Length && text[i + 1] == '*':
                    i++;
                    i += i + 1 < text.Length && text[i + 1] == '/' ? 1 : 0;
                    _tokens.Add(new Token(i + 1 == text.Length ? Kind.Rest : Kind.AnyParts));
                    break;
                case '*':
                    _tokens.Add(new Token(Kind.AnyRun));
                    break;
                case '?':
                    _tokens.Add(new Token(Kind.AnyCharacter));
                    break;
                case '[':
                    ReadOnlySpan<char> rest = text.AsSpan(i);
                    GoPathMatch.TryMatchClass(ref rest, default, out _);
                    int length = text.Length - i - rest.Length;
                    _tokens.Add(new Token(Kind.Class) { Class = text.Substring(i, length) });
                    i += length - 1;
                    break;
                case '\\' when i + 1 < text.Length:
                    i++;
                    goto default;
                default:
                    _tokens.Add(new Token(Kind.Character) { Character = text[i] });
                    break;
            }
        }
    }

    private readonly record struct Token(Kind Kind)
    {
        public char Character { get; init; }

        public string? Class { get; init; }

        /// <summary>How many UTF-16 units this token takes that end at a position; 0 when it does not match there.</summary>
        public int TakenBefore(ReadOnlySpan<char> path, int end)
        {
            if (Kind == Kind.Character)
            {
                return path[end - 1] == Character ? 1 : 0;
            }

            Rune.DecodeLastFromUtf16(path[..end], out Rune rune, out int length);
            if (Kind == Kind.AnyCharacter)
            {
                return rune.Value == '/' ? 0 : length;
            }

            ReadOnlySpan<char> pattern = Class;
            return GoPathMatch.TryMatchClass(ref pattern, rune, out bool matches) && matches ? length : 0;
        }
    }
}
