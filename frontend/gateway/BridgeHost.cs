using Cairn.Frontend.Dockerfile;
using Cairn.Llb;
using Cairn.Solver;
using Cairn.Solver.Progress;
using Cairn.Solver.Sources;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Gateway;

/// <summary>What the Dockerfile room needs, asked of the solver.</summary>
internal sealed class BridgeHost(
    IFrontendBridge bridge, IReadOnlyDictionary<string, Pb.Definition> inputs, FrontendCatalogue catalogue) : IDockerfileHost
{
    private const int LintLevel = 1;

    /// <summary>What the frontend said that ran in place of this one; null if none did.</summary>
    public FrontendSolve? Forwarded { get; private set; }

    public string SessionId => bridge.SessionId;

    public IReadOnlyList<Platform> WorkerPlatforms => bridge.WorkerPlatforms;

    public IReadOnlyDictionary<string, Pb.Definition> Inputs => inputs;

    public async Task<ResolvedImage> ResolveImageAsync(ImageRequest request, CancellationToken cancellationToken)
    {
        ResolvedImageConfig resolved = await bridge.ResolveImageConfigAsync(
            new ImageConfigRequest(request.Reference)
            {
                Platform = request.Platform,
                ResolveMode = request.ResolveMode,
                LogName = request.LogName,
                LayoutStore = request.OciStore,
            },
            cancellationToken);
        return new ResolvedImage(resolved.Digest, resolved.Config);
    }

    public async Task<byte[]?> ReadFileAsync(Pb.Definition definition, string path, CancellationToken cancellationToken)
    {
        SolvedRef? solved = await bridge.SolveAsync(definition, SolveOptions.Lazy, cancellationToken);
        return solved is null ? null : await bridge.ReadFileAsync(solved, path, ByteRange.Whole, cancellationToken);
    }

    public void Warn(DockerfileWarning warning)
    {
        IReadOnlyList<string> detail = warning.Description.Length > 0 ? [warning.Description] : [];
        bridge.Warn(
            warning.Vertex,
            new BuildWarning(LintLevel, warning.Short, detail, warning.Url.Length > 0 ? warning.Url : null, warning.Source));
    }

    public async Task<bool> ForwardAsync(
        string source, string commandLine, IReadOnlyDictionary<string, string> options, CancellationToken cancellationToken)
    {
        var forwarded = new Dictionary<string, string>(options, StringComparer.Ordinal) { ["source"] = source, ["cmdline"] = commandLine };
        Forwarded = await catalogue.Find(FrontendCatalogue.Gateway, inputs).SolveAsync(bridge, forwarded, cancellationToken);
        return true;
    }
}
