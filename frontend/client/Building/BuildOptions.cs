using System.Security.Cryptography;
using Cairn.Client.Bridge;
using Cairn.Client.Sessions;
using Cairn.Protos.Gateway;
using Cairn.Protos.Pb;
using Cairn.Protos.SourcePolicies;

namespace Cairn.Client.Building;

/// <summary>What to build: by a definition, by a frontend of the daemon, or by a function of this process.</summary>
public sealed record BuildOptions
{
    /// <summary>Names the build; no two of a daemon have the same.</summary>
    public string Id { get; init; } = RandomNumberGenerator.GetString("0123456789abcdefghijklmnopqrstuvwxyz", 25);

    /// <summary>The graph to solve, as <c>Cairn.Llb.Building.State</c> makes it.</summary>
    public Definition? Definition { get; init; }

    /// <summary>The frontend that says what to build: <c>dockerfile.v0</c> or <c>gateway.v0</c>.</summary>
    public string? Frontend { get; init; }

    /// <summary>Says what to build, by asking the daemon; what it returns is the result of the build.</summary>
    public Func<GatewayClient, CancellationToken, Task<Result>>? Solve { get; init; }

    /// <summary>Options of the frontend, also of a function's.</summary>
    public IReadOnlyDictionary<string, string> FrontendOptions { get; init; } = new Dictionary<string, string>();

    /// <summary>Definitions that the frontend may use, by name.</summary>
    public IReadOnlyDictionary<string, Definition> FrontendInputs { get; init; } = new Dictionary<string, Definition>();

    /// <summary>What the build may ask of this process.</summary>
    public SessionOptions Session { get; init; } = new();

    /// <summary>Where the result goes; empty leaves it in the daemon's cache.</summary>
    public IReadOnlyList<BuildExport> Exports { get; init; } = [];

    /// <summary>Where results of earlier builds are looked for, beside the daemon's own cache.</summary>
    public IReadOnlyList<CacheLocation> CacheFrom { get; init; } = [];

    /// <summary>Where the results of this build go for later ones.</summary>
    public IReadOnlyList<CacheLocation> CacheTo { get; init; } = [];

    /// <summary>Rights that are granted to the build: <c>network.host</c>, <c>security.insecure</c>, <c>device…</c>.</summary>
    public IReadOnlyList<string> Entitlements { get; init; } = [];

    /// <summary>Rules for every source of the build.</summary>
    public Policy? SourcePolicy { get; init; }

    /// <summary>The build leaves no record in the daemon's history.</summary>
    public bool IsInternal { get; init; }

    /// <summary>
    /// The build goes on when this client is gone; others see it by <see cref="BuildClient.StatusAsync"/>. Only this house's daemon knows that.
    /// </summary>
    public bool IsDetached { get; init; }
}
