using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>COPY and ADD.</summary>
internal sealed partial class InstructionParser
{
    private static CopyInstruction ParseCopy(InstructionText text)
    {
        FlagSet flags = FlagSet.Parse(text.Flags, CopyFlagKinds);
        string? from = flags.Text("from");
        if (from is not null && from.Contains('$', StringComparison.Ordinal))
        {
            throw new SyntaxFault("variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround");
        }
        return new CopyInstruction(text, ParseSources(text), SharedFlags(flags))
        {
            From = string.IsNullOrEmpty(from) ? null : from,
            Parents = flags.Switch("parents") ?? false,
        };
    }

    private static AddInstruction ParseAdd(InstructionText text)
    {
        FlagSet flags = FlagSet.Parse(text.Flags, AddFlagKinds);
        return new AddInstruction(text, ParseSources(text), SharedFlags(flags))
        {
            KeepGitDirectory = flags.Switch("keep-git-dir"),
            Checksum = flags.Text("checksum"),
            Unpack = flags.Switch("unpack"),
        };
    }

    private static CopyFlags SharedFlags(FlagSet flags) =>
        new(flags.Text("chown"), flags.Text("chmod"), flags.Switch("link") ?? false, flags.All("exclude"));

    private static CopySources ParseSources(InstructionText text)
    {
        string name = text.Keyword.ToUpperInvariant();
        IReadOnlyList<string> words = JsonForm.TryParse(text.Rest) ?? WordList.SplitAtBlanks(text.Rest);
        if (words.Count < 2)
        {
            throw new SyntaxFault(words.Count == 0
                ? $"{name} requires at least two arguments"
                : $"{name} requires at least two arguments, but only one was provided. Destination could not be determined");
        }
        if (text.Heredocs.Count == 0)
        {
            return new CopySources([.. words.SkipLast(1)], [], words[^1]);
        }
        if (HeredocWord.TryParse(words[^1]) is not null)
        {
            throw new SyntaxFault($"{name} cannot accept a heredoc as a destination");
        }
        var paths = new List<string>();
        foreach (string word in words.SkipLast(1))
        {
            if (HeredocWord.TryParse(word) is null)
            {
                paths.Add(word);
            }
        }
        return new CopySources(paths, text.Heredocs, words[^1]);
    }
}
