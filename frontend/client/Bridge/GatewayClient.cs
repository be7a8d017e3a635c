using Cairn.Llb;
using Cairn.Protos.Fsutil;
using Cairn.Protos.Gateway;
using Cairn.Protos.Pb;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Wire.Headers;
using Cairn.Wire.Methods;

namespace Cairn.Client.Bridge;

/// <summary>What the function that says what to build may ask of the daemon.</summary>
/// <remarks>Source: gateway.md, section 4. Its failures are <see cref="BuildException"/>s.</remarks>
public sealed class GatewayClient
{
    private static readonly TimeSpan PingLimit = TimeSpan.FromSeconds(15);

    private readonly RpcChannel _channel;
    private readonly IReadOnlyList<Protos.Control.CacheOptionsEntry> _imports;
    private readonly RpcCallOptions _callOptions;

    private GatewayClient(RpcChannel channel, IReadOnlyList<Protos.Control.CacheOptionsEntry> imports, RpcCallOptions callOptions, PongResponse features)
    {
        _channel = channel;
        _imports = imports;
        _callOptions = callOptions;
        Features = features;
    }

    /// <summary>What the daemon can do, and its workers.</summary>
    public PongResponse Features { get; }

    /// <summary>Solves a definition, lazily unless the request says otherwise, or lets a frontend of the daemon do it.</summary>
    /// <param name="request">The build's cache imports are added; results come as references and maps of them.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<Result> SolveAsync(SolveRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        SolveRequest sent = request.Clone();
        sent.AllowResultReturn = sent.AllowResultArrayRef = true;
        if (sent.CacheImports.Count == 0)
        {
            foreach (Protos.Control.CacheOptionsEntry import in _imports)
            {
                var entry = new CacheOptionsEntry { Type = import.Type };
                entry.Attrs.Add(import.Attrs);
                sent.CacheImports.Add(entry);
            }
        }

        return (await CallAsync(BridgeMethods.Solve, sent, cancellationToken)).Result ?? new Result();
    }

    /// <summary>Solves a definition.</summary>
    /// <returns>A result that stands for what is not made yet.</returns>
    public Task<Result> SolveAsync(Definition definition, CancellationToken cancellationToken) =>
        SolveAsync(new SolveRequest { Definition = definition }, cancellationToken);

    /// <summary>Has a reference made now.</summary>
    public Task EvaluateAsync(string reference, CancellationToken cancellationToken) =>
        CallAsync(BridgeMethods.Evaluate, new EvaluateRequest { Ref = reference }, cancellationToken);

    /// <summary>Bytes of a file of a reference.</summary>
    /// <param name="reference">As a result has it.</param>
    /// <param name="path">Absolute path in it.</param>
    /// <param name="range">Which part; null means all.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<ReadOnlyMemory<byte>> ReadFileAsync(string reference, string path, FileRange? range, CancellationToken cancellationToken) =>
        (await CallAsync(BridgeMethods.ReadFile, new ReadFileRequest { Ref = reference, FilePath = path, Range = range }, cancellationToken)).Data.Memory;

    /// <summary>Entries of a directory of a reference.</summary>
    /// <param name="reference">As a result has it.</param>
    /// <param name="path">Absolute path in it.</param>
    /// <param name="pattern">Names that are wanted; null means all.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<IReadOnlyList<Stat>> ReadDirectoryAsync(string reference, string path, string? pattern, CancellationToken cancellationToken) =>
        (await CallAsync(
            BridgeMethods.ReadDir, new ReadDirRequest { Ref = reference, DirPath = path, IncludePattern = pattern ?? "" }, cancellationToken)).Entries;

    /// <summary>One entry of a reference.</summary>
    public async Task<Stat> StatFileAsync(string reference, string path, CancellationToken cancellationToken) =>
        (await CallAsync(BridgeMethods.StatFile, new StatFileRequest { Ref = reference, Path = path }, cancellationToken)).Stat;

    /// <summary>Digest and configuration of an image.</summary>
    public Task<ResolveImageConfigResponse> ResolveImageConfigAsync(ResolveImageConfigRequest request, CancellationToken cancellationToken) =>
        CallAsync(BridgeMethods.ResolveImageConfig, request, cancellationToken);

    /// <summary>What a source stands for now.</summary>
    public Task<ResolveSourceMetaResponse> ResolveSourceAsync(ResolveSourceMetaRequest request, CancellationToken cancellationToken) =>
        CallAsync(BridgeMethods.ResolveSourceMeta, request, cancellationToken);

    /// <summary>The definitions that were given to the build.</summary>
    public async Task<IReadOnlyDictionary<string, Definition>> InputsAsync(CancellationToken cancellationToken) =>
        (await CallAsync(BridgeMethods.Inputs, new InputsRequest(), cancellationToken)).Definitions.ToDictionary(StringComparer.Ordinal);

    /// <summary>Tells whoever watches the build of something that is no failure.</summary>
    public Task WarnAsync(WarnRequest warning, CancellationToken cancellationToken) => CallAsync(BridgeMethods.Warn, warning, cancellationToken);

    /// <summary>Makes a container of references; its processes are begun with <see cref="BeginProcessesAsync"/>.</summary>
    public Task NewContainerAsync(NewContainerRequest request, CancellationToken cancellationToken) =>
        CallAsync(BridgeMethods.NewContainer, request, cancellationToken);

    /// <summary>Ends a container with all its processes.</summary>
    public Task ReleaseContainerAsync(string container, CancellationToken cancellationToken) =>
        CallAsync(BridgeMethods.ReleaseContainer, new ReleaseContainerRequest { ContainerID = container }, cancellationToken);

    /// <summary>A stream of messages from and to processes of containers.</summary>
    /// <param name="cancellationToken">Ends the stream, and with it the processes that were begun on it.</param>
    /// <returns>The stream; the caller disposes it.</returns>
    public async Task<ClientCall<ExecMessage, ExecMessage>> BeginProcessesAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _channel.BeginAsync(BridgeMethods.ExecProcess, _callOptions, cancellationToken);
        }
        catch (RpcException e)
        {
            throw CallErrors.Of(e);
        }
    }

    internal static async Task<GatewayClient> OpenAsync(
        RpcChannel channel, string build, IReadOnlyList<Protos.Control.CacheOptionsEntry> imports, CancellationToken cancellationToken)
    {
        var callOptions = new RpcCallOptions { Headers = new Metadata { { HeaderNames.BuildId, build } } };
        PongResponse features = await CallErrors.GuardAsync(
            channel.CallAsync(BridgeMethods.Ping, new PingRequest(), callOptions with { Timeout = PingLimit }, cancellationToken));
        return new GatewayClient(channel, imports, callOptions, features);
    }

    internal Task ReturnAsync(ReturnRequest request, CancellationToken cancellationToken) =>
        CallAsync(BridgeMethods.Return, request, cancellationToken);

    private Task<TResponse> CallAsync<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, TRequest request, CancellationToken cancellationToken) =>
        CallErrors.GuardAsync(_channel.CallAsync(method, request, _callOptions, cancellationToken));
}
