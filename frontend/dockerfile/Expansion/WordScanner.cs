using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Expansion;

/// <summary>One pass over one text: the state of <see cref="WordExpander"/>.</summary>
internal sealed class WordScanner(WordExpander rules, string text, IVariables variables)
{
    private const string SpecialNames = "@*#?-$!0";

    private int _position;

    /// <summary>Quotes have no meaning, as inside a here-document.</summary>
    public bool PlainQuotes { get; init; }

    private bool AtEnd => _position >= text.Length;

    public WordSink Scan() => ScanUntil(null, rules.KeepEscapes);

    /// <summary>Reads up to the stop character, which is consumed; to the end when there is none.</summary>
    private WordSink ScanUntil(char? stop, bool keepEscapes)
    {
        var sink = new WordSink();
        while (!AtEnd)
        {
            char c = text[_position];
            if (c == stop)
            {
                _position++;
                return sink;
            }
            switch (c)
            {
                case '\'' when !PlainQuotes:
                    ScanSingleQuotes(sink);
                    break;
                case '"' when !PlainQuotes:
                    ScanDoubleQuotes(sink);
                    break;
                case '$':
                    sink.AddExpansion(ScanVariable());
                    break;
                default:
                    ScanPlain(sink, keepEscapes);
                    break;
            }
        }
        return stop switch
        {
            null => sink,
            '}' => throw new SyntaxFault("syntax error: missing '}'"),
            _ => throw new SyntaxFault($"syntax error: missing '{stop}' in substitution"),
        };
    }

    private void ScanPlain(WordSink sink, bool keepEscapes)
    {
        char c = text[_position++];
        if (c != rules.Escape)
        {
            sink.AddPlain(c);
            return;
        }
        if (keepEscapes)
        {
            sink.AddLiteral(c);
        }
        if (!AtEnd)
        {
            sink.AddLiteral(text[_position++]);
        }
    }

    private void ScanSingleQuotes(WordSink sink)
    {
        int end = text.IndexOf('\'', _position + 1);
        if (end < 0)
        {
            throw new SyntaxFault("unexpected end of statement while looking for matching single-quote");
        }
        sink.AddLiteral(rules.KeepQuotes ? text[_position..(end + 1)] : text[(_position + 1)..end]);
        _position = end + 1;
    }

    private void ScanDoubleQuotes(WordSink sink)
    {
        _position++;
        sink.AddLiteral(rules.KeepQuotes ? "\"" : "");
        while (!AtEnd)
        {
            char c = text[_position];
            if (c == '"')
            {
                _position++;
                sink.AddLiteral(rules.KeepQuotes ? "\"" : "");
                return;
            }
            if (c == '$')
            {
                sink.AddLiteral(ScanVariable());
                continue;
            }
            _position++;
            if (c == rules.Escape && !AtEnd && (text[_position] is '"' or '$' || text[_position] == rules.Escape))
            {
                sink.AddLiteral(rules.KeepEscapes ? c.ToString() : "");
                c = text[_position++];
            }
            sink.AddLiteral(c);
        }
        throw new SyntaxFault("unexpected end of statement while looking for matching double-quote");
    }

    private string ScanVariable()
    {
        _position++;   // the dollar
        if (!AtEnd && text[_position] == '{')
        {
            _position++;
            return ScanBraces();
        }
        string name = ScanName();
        if (name.Length == 0)
        {
            return "$";
        }
        return variables.Find(name) ?? WhenUnknown(name, $"${name}");
    }

    private string ScanBraces()
    {
        string name = ScanName();
        if (AtEnd)
        {
            throw new SyntaxFault("syntax error: missing '}'");
        }
        if (name.Length == 0)
        {
            throw new SyntaxFault("syntax error: bad substitution");
        }
        int start = _position;
        char operation = text[_position++];
        bool emptyIsUnset = operation == ':';
        if (emptyIsUnset)
        {
            operation = AtEnd ? throw new SyntaxFault("syntax error: missing '}'") : text[_position++];
        }
        switch (operation)
        {
            case '}' when !emptyIsUnset:
                return variables.Find(name) ?? WhenUnknown(name, $"${{{name}}}");
            case '-' or '+' or '?':
                return ScanDefault(name, operation, emptyIsUnset, text[start.._position]);
            case '#' or '%' when !emptyIsUnset:
                return ScanTrim(name, operation);
            case '/' when !emptyIsUnset:
                return ScanReplace(name);
            default:
                throw new SyntaxFault($"unsupported modifier ({text[start.._position]}) in substitution");
        }
    }

    private string ScanDefault(string name, char operation, bool emptyIsUnset, string modifier)
    {
        string word = ScanUntil('}', keepEscapes: false).Text;
        string? value = variables.Find(name);
        bool counts = value is not null && !(emptyIsUnset && value.Length == 0);
        if (rules.KeepUnknown && value is null)
        {
            return $"${{{name}{modifier}{word}}}";
        }
        switch (operation)
        {
            case '-':
                return counts ? value! : word;
            case '+':
                return counts ? word : "";
            default:
                if (counts)
                {
                    return value!;
                }
                string reason = value is null ? "is not allowed to be unset" : "is not allowed to be empty";
                throw new SyntaxFault($"{name}: {(word.Length == 0 ? reason : word)}");
        }
    }

    private string ScanTrim(string name, char operation)
    {
        int start = _position;
        bool longest = !AtEnd && text[_position] == operation;
        _position += longest ? 1 : 0;
        string pattern = ScanUntil('}', keepEscapes: true).Text;
        if (variables.Find(name) is not { } value)
        {
            return WhenUnknown(name, $"${{{name}{operation}{text[start.._position]}");
        }
        var glob = new GlobText(pattern, rules.Escape);
        return operation == '#' ? glob.WithoutPrefix(value, longest) : glob.WithoutSuffix(value, longest);
    }

    private string ScanReplace(string name)
    {
        int start = _position;
        bool all = !AtEnd && text[_position] == '/';
        _position += all ? 1 : 0;
        string pattern = ScanUntil('/', keepEscapes: true).Text;
        string replacement = ScanUntil('}', keepEscapes: false).Text;
        if (variables.Find(name) is not { } value)
        {
            return WhenUnknown(name, $"${{{name}/{text[start.._position]}");
        }
        return new GlobText(pattern, rules.Escape).Replace(value, replacement, all);
    }

    private string WhenUnknown(string name, string asWritten)
    {
        rules.Unknown?.Invoke(name);
        return rules.KeepUnknown ? asWritten : "";
    }

    private string ScanName()
    {
        if (AtEnd)
        {
            return "";
        }
        int start = _position;
        char first = text[start];
        if (char.IsDigit(first))
        {
            while (!AtEnd && char.IsDigit(text[_position]))
            {
                _position++;
            }
        }
        else if (char.IsLetter(first) || first == '_')
        {
            while (!AtEnd && (char.IsLetterOrDigit(text[_position]) || text[_position] == '_'))
            {
                _position++;
            }
        }
        else if (SpecialNames.Contains(first, StringComparison.Ordinal))
        {
            _position++;
        }
        return text[start.._position];
    }
}
