using Cairn.Protos.Errdefs;
using Cairn.Rpc.Calls;
using Cairn.Wire.Errors;

namespace Cairn.Frontend.Gateway;

/// <summary>What clients ask that a frontend can do.</summary>
/// <remarks>Source: gateway.md, sections 3 and 10.</remarks>
internal static class FrontendCapabilities
{
    /// <summary>Option with what is asked for.</summary>
    public const string Option = "frontend.caps";

    /// <summary>Definitions given as inputs.</summary>
    public const string Inputs = "moby.buildkit.frontend.inputs";

    private const string Forward = "forward";

    /// <summary>What the built-in frontend can do.</summary>
    public static IReadOnlyList<string> OfDockerfile { get; } =
        [Inputs, "moby.buildkit.frontend.subrequests", "moby.buildkit.frontend.contexts", "moby.buildkit.frontend.gitquerystring"];

    /// <summary>Reads a comma-separated list of names, each perhaps with <c>+suffix</c>.</summary>
    /// <returns>The names, and whether another frontend may have it instead.</returns>
    public static IReadOnlyList<(string Name, bool MayForward)> Read(string? list) =>
    [
        .. (list ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(static entry =>
        {
            string[] parts = entry.Split('+');
            return (parts[0], parts.Skip(1).Contains(Forward, StringComparer.Ordinal));
        }),
    ];

    /// <summary>The error of one that a frontend does not have.</summary>
    public static StatusException Missing(string name) =>
        new ErrorStatus(StatusCode.Unimplemented, $"unsupported frontend capability {name}").With(new FrontendCap { Name = name }).ToException();
}
