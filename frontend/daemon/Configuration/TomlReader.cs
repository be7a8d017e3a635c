using System.Globalization;
using System.Text;
using Cairn.Llb;

namespace Cairn.Daemon.Configuration;

/// <summary>Reads TOML 1.0, apart from dates, which no key of the daemon takes.</summary>
/// <remarks>Source: toml.io, version 1.0.0.</remarks>
internal sealed class TomlReader
{
    private readonly string _file;
    private readonly string _text;
    private int _at;
    private int _line = 1;

    private TomlReader(string file, string text)
    {
        _file = file;
        _text = text.Replace("\r\n", "\n", StringComparison.Ordinal);
    }

    private bool IsAtEnd => _at >= _text.Length;

    private char Here => IsAtEnd ? '\0' : _text[_at];

    /// <summary>Reads a whole document.</summary>
    /// <param name="file">Its name, for errors.</param>
    /// <param name="text">What is in it.</param>
    /// <exception cref="BuildException">Input: it is no TOML; the message names file and line.</exception>
    public static TomlTable Read(string file, string text) => new TomlReader(file, text).ReadDocument();

    private TomlTable ReadDocument()
    {
        var root = new TomlTable();
        TomlTable current = root;
        while (true)
        {
            SkipBlank();
            if (IsAtEnd)
            {
                return root;
            }

            if (Here == '[')
            {
                current = ReadHeading(root);
            }
            else
            {
                ReadPair(current);
            }

            SkipSpace();
            SkipComment();
            if (!IsAtEnd && Here != '\n')
            {
                throw Wrong("something follows where the line should end");
            }
        }
    }

    private TomlTable ReadHeading(TomlTable root)
    {
        _at++;
        bool isList = Here == '[';
        _at += isList ? 1 : 0;
        List<string> path = ReadPath();
        Expect(']');
        if (isList)
        {
            Expect(']');
        }

        TomlTable parent = Descend(root, path[..^1]);
        TomlEntry? known = parent.TryGet(path[^1]);
        if (isList)
        {
            var table = new TomlTable { IsDefined = true };
            if (known is null)
            {
                parent.TryAdd(path[^1], new TomlEntry(new List<TomlTable> { table }, _line));
            }
            else if (known.Value is List<TomlTable> tables)
            {
                tables.Add(table);
            }
            else
            {
                throw Wrong($"{string.Join('.', path)} is something else already");
            }

            return table;
        }

        TomlTable found = Descend(root, path);
        if (found.IsDefined)
        {
            throw Wrong($"the table {string.Join('.', path)} is there already");
        }

        found.IsDefined = true;
        return found;
    }

    private void ReadPair(TomlTable table)
    {
        int line = _line;
        List<string> path = ReadPath();
        Expect('=');
        SkipSpace();
        object value = ReadValue();
        if (!Descend(table, path[..^1]).TryAdd(path[^1], new TomlEntry(value, line)))
        {
            throw Wrong($"{string.Join('.', path)} is there already");
        }
    }

    private TomlTable Descend(TomlTable table, IEnumerable<string> path)
    {
        foreach (string name in path)
        {
            if (table.TryGet(name) is not { } entry)
            {
                var made = new TomlTable();
                table.TryAdd(name, new TomlEntry(made, _line));
                table = made;
            }
            else
            {
                table = entry.Value as TomlTable ?? (entry.Value as List<TomlTable>)?[^1] ?? throw Wrong($"{name} is no table");
            }
        }

        return table;
    }

    private List<string> ReadPath()
    {
        List<string> path = [];
        do
        {
            SkipSpace();
            path.Add(ReadName());
            SkipSpace();
        }
        while (TryTake('.'));
        return path;
    }

    private string ReadName()
    {
        if (Here is '"' or '\'')
        {
            return ReadString();
        }

        int start = _at;
        while (char.IsAsciiLetterOrDigit(Here) || Here is '-' or '_')
        {
            _at++;
        }

        return _at > start ? _text[start.._at] : throw Wrong("a name is missing");
    }

    private object ReadValue() => Here switch
    {
        '"' or '\'' => ReadString(),
        '[' => ReadList(),
        '{' => ReadInlineTable(),
        _ => ReadWord(),
    };

    private List<object> ReadList()
    {
        Expect('[');
        List<object> values = [];
        while (true)
        {
            SkipBlank();
            if (TryTake(']'))
            {
                return values;
            }

            values.Add(ReadValue());
            SkipBlank();
            if (!TryTake(','))
            {
                Expect(']');
                return values;
            }
        }
    }

    private TomlTable ReadInlineTable()
    {
        Expect('{');
        var table = new TomlTable { IsDefined = true };
        SkipSpace();
        if (TryTake('}'))
        {
            return table;
        }

        do
        {
            ReadPair(table);
            SkipSpace();
        }
        while (TryTake(','));
        Expect('}');
        return table;
    }

    private object ReadWord()
    {
        int start = _at;
        while (!IsAtEnd && Here is not (',' or ']' or '}' or '#' or '\n' or ' ' or '\t'))
        {
            _at++;
        }

        string word = _text[start.._at];
        switch (word)
        {
            case "true":
                return true;
            case "false":
                return false;
            default:
                break;
        }

        string digits = word.Replace("_", "", StringComparison.Ordinal);
        if (TryReadBase(digits, out long number)
            || long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number))
        {
            return number;
        }

        return digits.Length > 0 && (char.IsAsciiDigit(digits[0]) || digits[0] is '+' or '-')
            && double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out double real)
            ? real
            : throw Wrong(word.Length == 0 ? "a value is missing" : $"{word} is no value; text stands in quotes");
    }

    private static bool TryReadBase(string digits, out long number)
    {
        number = 0;
        int radix = digits.Length > 2 && digits[0] == '0' ? digits[1] switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 0 } : 0;
        if (radix == 0)
        {
            return false;
        }

        try
        {
            number = Convert.ToInt64(digits[2..], radix);
            return true;
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            return false;
        }
    }

    private string ReadString()
    {
        char quote = Here;
        bool isLong = _text.AsSpan(_at).StartsWith(new string(quote, 3));
        _at += isLong ? 3 : 1;
        if (isLong && Here == '\n')
        {
            Advance();
        }

        var text = new StringBuilder();
        while (true)
        {
            if (IsAtEnd || (Here == '\n' && !isLong))
            {
                throw Wrong("a quote is missing");
            }

            if (Here == quote && (!isLong || _text.AsSpan(_at).StartsWith(new string(quote, 3))))
            {
                _at += isLong ? 3 : 1;
                return text.ToString();
            }

            if (Here == '\\' && quote == '"')
            {
                ReadEscape(text, isLong);
            }
            else
            {
                text.Append(Here);
                Advance();
            }
        }
    }

    private void ReadEscape(StringBuilder text, bool isLong)
    {
        _at++;
        char letter = Here;
        if (isLong && letter is '\n' or ' ' or '\t')
        {
            while (!IsAtEnd && Here is '\n' or ' ' or '\t')
            {
                Advance();
            }

            return;
        }

        _at++;
        switch (letter)
        {
            case 'u' or 'U':
                int length = letter == 'u' ? 4 : 8;
                if (_at + length > _text.Length
                    || !int.TryParse(_text.AsSpan(_at, length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int rune)
                    || !Rune.IsValid(rune))
                {
                    throw Wrong("an escape is no character");
                }

                text.Append(new Rune(rune));
                _at += length;
                break;
            default:
                text.Append(letter switch
                {
                    'b' => '\b',
                    't' => '\t',
                    'n' => '\n',
                    'f' => '\f',
                    'r' => '\r',
                    '"' or '\\' => letter,
                    _ => throw Wrong($"\\{letter} is no escape"),
                });
                break;
        }
    }

    private void Advance()
    {
        _line += Here == '\n' ? 1 : 0;
        _at++;
    }

    private void SkipSpace()
    {
        while (Here is ' ' or '\t')
        {
            _at++;
        }
    }

    private void SkipComment()
    {
        if (Here == '#')
        {
            int end = _text.IndexOf('\n', _at);
            _at = end < 0 ? _text.Length : end;
        }
    }

    private void SkipBlank()
    {
        while (!IsAtEnd && Here is ' ' or '\t' or '\n' or '#')
        {
            SkipComment();
            if (!IsAtEnd)
            {
                Advance();
            }
        }
    }

    private bool TryTake(char c)
    {
        if (Here != c || IsAtEnd)
        {
            return false;
        }

        _at++;
        return true;
    }

    private void Expect(char c)
    {
        SkipSpace();
        if (!TryTake(c))
        {
            throw Wrong($"'{c}' is missing");
        }
    }

    private BuildException Wrong(string text) => new(ErrorKind.Input, "read", $"{_file}:{_line}", text);
}
