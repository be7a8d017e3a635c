using System.Text;

namespace Cairn.Frontend.Dockerfile.Expansion;

/// <summary>Collects expanded text, once as a whole and once split into words.</summary>
internal sealed class WordSink
{
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _word = new();
    private readonly List<string> _words = [];
    private bool _inWord;

    public string Text => _text.ToString();

    public IReadOnlyList<string> Words
    {
        get
        {
            EndWord();
            return _words;
        }
    }

    /// <summary>A character as written: a blank ends the word.</summary>
    public void AddPlain(char c)
    {
        _text.Append(c);
        AddSplitting(c);
    }

    /// <summary>A character that was quoted or escaped: it never ends a word.</summary>
    public void AddLiteral(char c)
    {
        _text.Append(c);
        _word.Append(c);
        _inWord = true;
    }

    /// <summary>Quoted text; an empty one still makes a word.</summary>
    public void AddLiteral(string literal)
    {
        _text.Append(literal);
        _word.Append(literal);
        _inWord = true;
    }

    /// <summary>The value of a variable outside quotes: its blanks end words.</summary>
    public void AddExpansion(string value)
    {
        _text.Append(value);
        foreach (char c in value)
        {
            AddSplitting(c);
        }
    }

    private void AddSplitting(char c)
    {
        if (char.IsWhiteSpace(c))
        {
            EndWord();
            return;
        }
        _word.Append(c);
        _inWord = true;
    }

    private void EndWord()
    {
        if (_inWord)
        {
            _words.Add(_word.ToString());
            _word.Clear();
            _inWord = false;
        }
    }
}
