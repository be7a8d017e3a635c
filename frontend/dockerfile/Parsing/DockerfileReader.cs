using System.Text;

namespace Cairn.Frontend.Dockerfile.Parsing;

/// <summary>Cuts a Dockerfile into instructions: comments, continuations and here-documents.</summary>
internal sealed class DockerfileReader
{
    private static readonly string[] TakesHeredocs = ["add", "copy", "run"];

    private readonly IReadOnlyList<string> _lines;
    private readonly ParserDirectives _directives;
    private readonly List<InstructionText> _instructions = [];
    private readonly List<LineRange> _emptyContinuations = [];
    private readonly List<string> _comments = [];
    private int _next;   // index of the first line not read yet

    private DockerfileReader(IReadOnlyList<string> lines)
    {
        _lines = lines;
        _directives = ParserDirectives.Read(lines);
    }

    /// <exception cref="SyntaxFault">The text is no Dockerfile; the fault carries its lines where there are any.</exception>
    public static DockerfileLines Read(SourceText source)
    {
        if (source.Content.Length == 0)
        {
            throw new SyntaxFault("the Dockerfile cannot be empty");
        }
        var reader = new DockerfileReader(source.ReadLines());
        reader.ReadAll();
        if (reader._instructions.Count == 0)
        {
            throw new SyntaxFault("file with no instructions");
        }
        return new DockerfileLines(reader._directives, reader._instructions, reader._emptyContinuations);
    }

    private void ReadAll()
    {
        while (_next < _lines.Count)
        {
            string line = _lines[_next++].TrimEnd('\n').TrimEnd('\r').TrimStart();
            if (_next <= _directives.LineCount)
            {
                continue;
            }
            if (line.StartsWith('#'))
            {
                NoteComment(line);
            }
            else if (line.Length == 0)
            {
                _comments.Clear();
            }
            else
            {
                ReadInstruction(line);
            }
        }
    }

    private void NoteComment(string line)
    {
        string comment = line[1..].Trim();
        if (comment.Length == 0)
        {
            _comments.Clear();
        }
        else
        {
            _comments.Add(comment);
        }
    }

    private void ReadInstruction(string first)
    {
        int start = _next;
        try
        {
            string text = JoinContinuations(first);
            InstructionText instruction = InstructionLine.Split(text, _directives.Escape, [.. _comments]);
            IReadOnlyList<Heredoc> heredocs = AnnouncesHeredocs(instruction) ? ReadHeredocs(text) : [];
            _instructions.Add(instruction with { Heredocs = heredocs, Lines = new LineRange(start, _next) });
            _comments.Clear();
        }
        catch (SyntaxFault fault) when (fault.Lines is null)
        {
            throw new SyntaxFault(fault.Message, fault) { Lines = new LineRange(start, _next) };
        }
    }

    private string JoinContinuations(string first)
    {
        var text = new StringBuilder();
        bool goesOn = TrimContinuation(ref first);
        text.Append(first);
        int? firstEmpty = null;
        while (goesOn && _next < _lines.Count)
        {
            string line = _lines[_next++].TrimEnd('\n').TrimEnd('\r');
            if (line.AsSpan().TrimStart().StartsWith("#"))
            {
                continue;
            }
            if (string.IsNullOrWhiteSpace(line))
            {
                firstEmpty ??= _next;
                continue;
            }
            goesOn = TrimContinuation(ref line);
            text.Append(line);
        }
        if (firstEmpty is { } empty)
        {
            _emptyContinuations.Add(LineRange.At(empty));
        }
        return text.ToString();
    }

    /// <summary>Cuts the escape character that ends the line; false when there is none.</summary>
    private bool TrimContinuation(ref string line)
    {
        ReadOnlySpan<char> trimmed = line.AsSpan().TrimEnd(" \t");
        if (trimmed.Length == 0 || trimmed[^1] != _directives.Escape)
        {
            return false;
        }
        if (trimmed.Length > 1 && trimmed[^2] == _directives.Escape)
        {
            return false;
        }
        line = trimmed[..^1].ToString();
        return true;
    }

    private static bool AnnouncesHeredocs(InstructionText instruction)
    {
        if (!instruction.Original.Contains("<<", StringComparison.Ordinal))
        {
            return false;
        }
        InstructionText inner = instruction.Keyword == "onbuild" ? InstructionLine.Split(instruction.Rest, '\\', []) : instruction;
        return TakesHeredocs.Contains(inner.Keyword) && JsonForm.TryParse(inner.Rest) is null;
    }

    private List<Heredoc> ReadHeredocs(string text)
    {
        var heredocs = new List<Heredoc>();
        foreach (Heredoc announced in HeredocWord.FindAll(text))
        {
            heredocs.Add(announced with { Content = ReadContent(announced) });
        }
        return heredocs;
    }

    private string ReadContent(Heredoc heredoc)
    {
        var content = new StringBuilder();
        while (_next < _lines.Count)
        {
            string line = _lines[_next++];
            string end = line.TrimEnd('\n').TrimEnd('\r');
            if ((heredoc.Chomp ? end.TrimStart('\t') : end) == heredoc.Name)
            {
                return content.ToString();
            }
            content.Append(line);
        }
        throw new SyntaxFault("unterminated heredoc");
    }
}
