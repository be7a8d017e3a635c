using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Linting;

/// <summary>Which rules apply: <c>skip=…;experimental=…;error=…</c>.</summary>
internal sealed class LintOptions
{
    private readonly HashSet<string> _skipped = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _experimental = new(StringComparer.OrdinalIgnoreCase);
    private bool _skipAll;
    private bool _allExperimental;

    /// <summary>Any warning fails the build.</summary>
    public bool FailsBuild { get; private set; }

    /// <exception cref="SyntaxFault">An option is unknown or has no value.</exception>
    public static LintOptions Parse(string? text)
    {
        var options = new LintOptions();
        foreach (string part in (text ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? part : part[..equals].Trim();
            string value = equals < 0 ? "" : part[(equals + 1)..].Trim();
            options.Set(key, value, part);
        }
        return options;
    }

    public bool Applies(LintRule rule) =>
        !_skipAll && !_skipped.Contains(rule.Name) && (!rule.IsExperimental || _allExperimental || _experimental.Contains(rule.Name));

    private void Set(string key, string value, string part)
    {
        switch (key.ToLowerInvariant())
        {
            case "skip":
                _skipAll |= value == "all";
                _skipped.UnionWith(value.Split(',', StringSplitOptions.TrimEntries));
                break;
            case "experimental":
                _allExperimental |= value == "all";
                _experimental.UnionWith(value.Split(',', StringSplitOptions.TrimEntries));
                break;
            case "error":
                FailsBuild = value.ToLowerInvariant() switch
                {
                    "true" or "1" => true,
                    "false" or "0" => false,
                    _ => throw new SyntaxFault($"failed to parse check option \"{part}\""),
                };
                break;
            default:
                throw new SyntaxFault($"invalid check option \"{part}\"");
        }
    }
}
