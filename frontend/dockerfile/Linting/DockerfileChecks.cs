using Cairn.Frontend.Dockerfile.Expansion;
using Cairn.Frontend.Dockerfile.Instructions;
using Cairn.Frontend.Dockerfile.Parsing;
using Cairn.Llb;

namespace Cairn.Frontend.Dockerfile.Linting;

/// <summary>The rules that need nothing but the text.</summary>
internal static class DockerfileChecks
{
    private static readonly string[] ReservedNames = ["context", "scratch"];

    public static void Run(ParsedDockerfile dockerfile, Linter linter)
    {
        foreach (LineRange lines in dockerfile.Lines.EmptyContinuations)
        {
            linter.Report(LintRule.NoEmptyContinuation, lines, "Empty continuation line");
        }
        CheckCasing(dockerfile, linter);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (Stage stage in dockerfile.Stages)
        {
            CheckFrom(stage, names, linter);
            CheckPlatformFlag(stage, linter);
            CheckInstructions(stage, linter);
        }
        CheckDefaults(dockerfile, linter);
        CheckDescriptions(dockerfile, linter);
    }

    private static void CheckCasing(ParsedDockerfile dockerfile, Linter linter)
    {
        IReadOnlyList<InstructionText> all = dockerfile.Lines.Instructions;
        int lower = all.Count(text => IsLower(text.Name));
        int upper = all.Count(text => IsUpper(text.Name));
        bool wantsLower = lower > upper;
        foreach (InstructionText text in all)
        {
            if (!(wantsLower ? IsLower(text.Name) : IsUpper(text.Name)))
            {
                linter.Report(
                    LintRule.ConsistentInstructionCasing, text, null,
                    $"Command '{text.Name}' should match the case of the command majority ({(wantsLower ? "lowercase" : "uppercase")})");
            }
        }
    }

    private static void CheckFrom(Stage stage, HashSet<string> names, Linter linter)
    {
        if (stage.Name is not { } name)
        {
            return;
        }
        IReadOnlyList<string> words = WordList.SplitAtBlanks(stage.Text.Rest);
        if (words[2] != name)
        {
            linter.Report(LintRule.StageNameCasing, stage.Text, null, $"Stage name '{words[2]}' should be lowercase");
        }
        string from = stage.Text.Name;
        bool isMixed = (IsUpper(from) && words[1] != "AS") || (IsLower(from) && words[1] != "as");
        if (isMixed)
        {
            linter.Report(LintRule.FromAsCasing, stage.Text, null, $"'{words[1]}' and '{from}' keywords' casing do not match");
        }
        if (!names.Add(name))
        {
            linter.Report(LintRule.DuplicateStageName, stage.Text, null, $"Duplicate stage name \"{name}\", stage names should be unique");
        }
        if (ReservedNames.Contains(name))
        {
            linter.Report(
                LintRule.ReservedStageName, stage.Text, null, $"Stage name should not use the same name as reserved stage \"{name}\"");
        }
    }

    private static bool IsLower(string word) => !word.Any(char.IsAsciiLetterUpper);

    private static bool IsUpper(string word) => !word.Any(char.IsAsciiLetterLower);

    private static void CheckPlatformFlag(Stage stage, Linter linter)
    {
        if (stage.Platform is not { } platform)
        {
            return;
        }
        if (platform is "$TARGETPLATFORM" or "${TARGETPLATFORM}")
        {
            linter.Report(
                LintRule.RedundantTargetPlatform, stage.Text, null,
                $"Setting platform to predefined {platform} in FROM is redundant as this is the default behavior");
        }
        if (!platform.Contains('$', StringComparison.Ordinal) && !NamesPlatform(stage.Name ?? "", platform))
        {
            linter.Report(
                LintRule.FromPlatformFlagConstDisallowed, stage.Text, null,
                $"FROM --platform flag should not use constant value \"{platform}\"");
        }
    }

    private static bool NamesPlatform(string stage, string platform) =>
        platform.Split('/').Any(part => stage.Contains(part, StringComparison.OrdinalIgnoreCase));

    private static void CheckInstructions(Stage stage, Linter linter)
    {
        var last = new Dictionary<string, InstructionText>(StringComparer.Ordinal);
        bool hasShell = false;
        foreach (Instruction instruction in stage.Instructions)
        {
            InstructionText text = instruction.Text;
            hasShell |= instruction is ShellInstruction;
            switch (instruction)
            {
                case CmdInstruction { Command.IsShellForm: true } or EntrypointInstruction { Command.IsShellForm: true } when !hasShell:
                    linter.Report(
                        LintRule.JsonArgsRecommended, text, stage.Text,
                        $"JSON arguments recommended for {instruction.Name} to prevent unintended behavior related to OS signals");
                    break;
                case MaintainerInstruction:
                    linter.Report(
                        LintRule.MaintainerDeprecated, text, stage.Text, "Maintainer instruction is deprecated in favor of using label");
                    break;
                case EnvInstruction or LabelInstruction when IsLegacy(text):
                    linter.Report(
                        LintRule.LegacyKeyValueFormat, text, stage.Text,
                        $"\"{instruction.Name} key=value\" should be used instead of legacy \"{instruction.Name} key value\" format");
                    break;
                default:
                    break;
            }
            if (instruction is CmdInstruction or EntrypointInstruction or HealthCheckInstruction)
            {
                if (last.TryGetValue(instruction.Name, out InstructionText? earlier))
                {
                    linter.Report(
                        LintRule.MultipleInstructionsDisallowed, earlier, stage.Text,
                        $"Multiple {instruction.Name} instructions should not be used in the same stage because only the last one will be used");
                }
                last[instruction.Name] = text;
            }
        }
    }

    private static bool IsLegacy(InstructionText text) =>
        !WordList.CutAtBlanks(text.Rest).First.Contains('=', StringComparison.Ordinal) && text.Rest[0] is not ('"' or '\'');

    /// <summary>Bases that have no valid name unless a build argument is given.</summary>
    private static void CheckDefaults(ParsedDockerfile dockerfile, Linter linter)
    {
        var expander = new WordExpander(dockerfile.Lines.Directives.Escape);
        VariableList defaults = VariableList.Empty;
        try
        {
            foreach (KeyValue argument in dockerfile.GlobalArguments.SelectMany(instruction => instruction.Arguments))
            {
                if (argument.Value is { } value)
                {
                    defaults = defaults.With(argument.Key, expander.Expand(value, defaults));
                }
            }
            foreach (Stage stage in dockerfile.Stages.Where(stage => stage.BaseName.Contains('$', StringComparison.Ordinal)))
            {
                string name = expander.Expand(stage.BaseName, defaults);
                if (name.Length == 0 || !ImageReference.TryParse(name, out _))
                {
                    linter.Report(
                        LintRule.InvalidDefaultArgInFrom, stage.Text, null,
                        $"Default value for ARG {stage.BaseName} results in empty or invalid base image name");
                }
            }
        }
        catch (SyntaxFault)
        {
            // what cannot be expanded is an error of the build, told with its place there
        }
    }

    private static void CheckDescriptions(ParsedDockerfile dockerfile, Linter linter)
    {
        foreach (Stage stage in dockerfile.Stages.Where(stage => stage.Name is not null))
        {
            CheckDescription(stage.Text, stage.Name!, linter);
        }
        IEnumerable<ArgInstruction> arguments = dockerfile.GlobalArguments
            .Concat(dockerfile.Stages.SelectMany(stage => stage.Instructions.OfType<ArgInstruction>()));
        foreach (ArgInstruction instruction in arguments.Where(instruction => instruction.Arguments.Count == 1))
        {
            CheckDescription(instruction.Text, instruction.Arguments[0].Key, linter);
        }
    }

    private static void CheckDescription(InstructionText text, string name, Linter linter)
    {
        if (text.Comments.Count == 0 || text.Comments[^1].StartsWith("check=", StringComparison.OrdinalIgnoreCase))
        {
            return;
        }
        if (!text.Comments.Any(comment => comment.StartsWith(name + " ", StringComparison.Ordinal)))
        {
            linter.Report(
                LintRule.InvalidDefinitionDescription, text, null,
                $"Comment for {text.Keyword.ToUpperInvariant()} should follow the format: `# {name} <description>`");
        }
    }
}
