using Cairn.Frontend.Dockerfile.Linting;
using Cairn.Llb;
using Cairn.Llb.Matching;

namespace Cairn.Frontend.Dockerfile.Lowering;

/// <summary>What is only seen while lowering and deserves a warning.</summary>
internal sealed partial class StageLowering
{
    private void ReportPort(PortSpec spec, string text)
    {
        if (spec.Protocol.Any(char.IsAsciiLetterUpper))
        {
            _request.Linter.Report(
                LintRule.ExposeProtoCasing, _current.Text, StageText,
                $"Defined protocol '{text}' in EXPOSE instruction should be lowercase");
        }
        if (spec.MapsHost)
        {
            _request.Linter.Report(
                LintRule.ExposeInvalidFormat, _current.Text, StageText,
                $"EXPOSE instruction should not define an IP address or host-port mapping, found '{text}'");
        }
    }

    /// <summary>Files that the ignore file leaves out; with negations in it nothing is said, since they may bring a file back.</summary>
    private void ReportIgnored(IReadOnlyList<string> paths, string verb)
    {
        if (_request.MainContext.Ignored.Count == 0)
        {
            return;
        }
        var ignored = new PatternMatcher(_request.MainContext.Ignored);
        foreach (string path in ignored.HasNegations ? [] : paths)
        {
            string relative = UnixPath.Join("/", path)[1..];
            if (relative.Length > 0 && ignored.IsMatch(relative))
            {
                _request.Linter.Report(
                    LintRule.CopyIgnoredFile, _current.Text, StageText,
                    $"Attempting to {verb} file \"{path}\" that is excluded by .dockerignore");
            }
        }
    }
}
