using Cairn.Llb;
using Cairn.Protos.Caps;

namespace Cairn.Frontend.Gateway.Bridge;

/// <summary>What the bridge says it can do. What is not there is not said.</summary>
/// <remarks>Source: llb-semantics.md, section 14.</remarks>
public static class BridgeCapabilities
{
    private const string InlineReturn = "solve.inlinereturn";

    private static readonly HashSet<string> Missing = new(StringComparer.Ordinal)
    {
        "cache.azblob", "cache.gha", "cache.s3", "exec.meta.cdi", "exec.meta.network.proxy", "exporter.image.attestations", "exporter.session",
        "reference.attestations", "source.buildop.llbfilename", "source.git.bundle", "source.git.checkoutbundle",
        "source.git.knownsshhosts", "source.git.mountsshsock", "source.git.signatureverify", "source.http.signatureverify",
        "source.metaresolver", "source.metaresolver.http.checksumrequest", "source.metaresolver.image.attestations", "source.policy", "source.policy.session",
    };

    /// <summary>Of the bridge itself.</summary>
    public static IReadOnlyList<APICap> OfFrontends { get; } = List(Capabilities.ForFrontends);

    /// <summary>Of definitions and of the engine.</summary>
    public static IReadOnlyList<APICap> OfDefinitions { get; } = List(Capabilities.ForDefinitions);

    private static APICap[] List(IReadOnlyList<string> known) =>
        [.. known.Where(id => !Missing.Contains(id)).Select(static id => new APICap { ID = id, Enabled = true, Deprecated = id == InlineReturn })];
}
