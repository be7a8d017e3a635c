using Cairn.Frontend.Dockerfile.Parsing;
using Cairn.Llb;

namespace Cairn.Frontend.Dockerfile.Linting;

/// <summary>Collects what the rules find and shows it, each finding once.</summary>
/// <param name="options">Which rules apply.</param>
/// <param name="source">The Dockerfile.</param>
/// <param name="vertex">Where warnings are shown.</param>
/// <param name="show">Takes each warning.</param>
internal sealed class Linter(LintOptions options, SourceText source, Digest vertex, Action<DockerfileWarning> show)
{
    private const string CheckComment = "check=";

    private readonly HashSet<(string Rule, LineRange Lines, string Message)> _found = [];   // one platform only, so no lock

    /// <summary>Reports a finding at an instruction; comments above it, or above its stage, may skip the rule.</summary>
    public void Report(LintRule rule, InstructionText at, InstructionText? stage, string message)
    {
        if (!IsSkipped(rule, at) && (stage is null || !IsSkipped(rule, stage)))
        {
            Report(rule, at.Lines, message);
        }
    }

    public void Report(LintRule rule, LineRange lines, string message)
    {
        if (options.Applies(rule) && _found.Add((rule.Name, lines, message)))
        {
            var location = new SourceLocation(source.FileName, source.Content, [.. DockerfileErrors.EachLine(lines)], DockerfileErrors.Language);
            show(new DockerfileWarning(rule.Name, rule.Description, rule.Url, message, location) { Vertex = vertex });
        }
    }

    /// <exception cref="BuildException">There are findings, and the options make them errors.</exception>
    public void ThrowIfForbidden()
    {
        if (options.FailsBuild && _found.Count > 0)
        {
            IEnumerable<string> rules = _found.Select(finding => finding.Rule).Distinct().Order(StringComparer.Ordinal);
            throw new BuildException(ErrorKind.Input, "", "", $"lint violation found for rules: {string.Join(", ", rules)}");
        }
    }

    private bool IsSkipped(LintRule rule, InstructionText text)
    {
        foreach (string comment in text.Comments)
        {
            if (comment.StartsWith(CheckComment, StringComparison.OrdinalIgnoreCase)
                && !rule.IsExperimental && !ParseComment(comment, text.Lines).Applies(rule))
            {
                return true;
            }
        }
        return false;
    }

    private LintOptions ParseComment(string comment, LineRange lines)
    {
        try
        {
            return LintOptions.Parse(comment[CheckComment.Length..]);
        }
        catch (SyntaxFault fault)
        {
            throw DockerfileErrors.At(source, lines, fault.Message, fault);
        }
    }
}
