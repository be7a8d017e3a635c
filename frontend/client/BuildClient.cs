using System.Runtime.CompilerServices;
using Cairn.Client.Building;
using Cairn.Client.Connecting;
using Cairn.Client.Sessions;
using Cairn.Llb;
using Cairn.Protos.Control;
using Cairn.Protos.Workers;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Rpc.Health;
using Cairn.Wire.Methods;
using ContentStore = Cairn.Protos.ContentStore;

namespace Cairn.Client;

/// <summary>
/// A connection to a daemon that speaks BuildKit's protocols. It carries any number of calls at once, and does not reconnect: when
/// <see cref="Closed"/> has completed, open another one.
/// </summary>
/// <remarks>
/// Messages are those of the protocol (<c>Cairn.Protos</c>). What the daemon refuses is a <see cref="BuildException"/>; it has the vertex and the
/// places in the source files if the daemon told them, and as a <see cref="Wire.Errors.StatusException"/> the status with all typed details.
/// </remarks>
public sealed class BuildClient : IAsyncDisposable
{
    private readonly ClientOptions _options;

    private BuildClient(RpcChannel channel, ClientOptions options)
    {
        Channel = channel;
        _options = options;
    }

    /// <summary>For calls that have no method here.</summary>
    public RpcChannel Channel { get; }

    /// <summary>Completes when the connection is gone, for whatever reason. Never fails.</summary>
    public Task Closed => Channel.Closed;

    /// <summary>Connects to a daemon.</summary>
    /// <param name="address"><c>unix://PATH</c>, <c>tcp://HOST:PORT</c> or <c>ssh://[USER@]HOST[:PORT]</c>.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Stops connecting.</param>
    /// <exception cref="BuildException">Input: that is no address. Environment: the daemon cannot be reached.</exception>
    public static async Task<BuildClient> ConnectAsync(string address, ClientOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        DaemonAddress parsed = DaemonAddress.Parse(address);
        Stream stream = await Dialer.DialAsync(parsed, options, cancellationToken);
        string authority = parsed is { IsSsh: false, Host: { } host } ? $"{options.Tls?.ServerName ?? host}:{parsed.Port}" : "localhost";
        return Over(stream, authority, options);
    }

    /// <summary>A client over a byte stream in both directions that somebody has opened, such as a <see cref="CommandStream"/>. It owns the stream.</summary>
    public static BuildClient Over(Stream stream, ClientOptions options) => Over(stream, "localhost", options);

    private static BuildClient Over(Stream stream, string authority, ClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(options);
        return new BuildClient(
            RpcChannel.Over(stream, new RpcChannelOptions
            {
                Authority = authority,
                Scheme = options.Tls is null ? "http" : "https",
                UserAgent = "cairn-client",
                KeepaliveInterval = options.KeepaliveInterval,
            }),
            options);
    }

    /// <summary>Name and version of the daemon.</summary>
    public async Task<BuildkitVersion> InfoAsync(CancellationToken cancellationToken) =>
        (await CallAsync(ControlMethods.Info, new InfoRequest(), cancellationToken)).BuildkitVersion ?? new BuildkitVersion();

    /// <summary>Who does the work, and for which platforms.</summary>
    /// <param name="filters">Containerd filter expressions, or-ed; empty means all.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<IReadOnlyList<WorkerRecord>> WorkersAsync(IReadOnlyList<string> filters, CancellationToken cancellationToken)
    {
        var request = new ListWorkersRequest();
        request.Filter.Add(filters);
        return (await CallAsync(ControlMethods.ListWorkers, request, cancellationToken)).Record;
    }

    /// <summary>Whether the daemon takes calls.</summary>
    public async Task<bool> IsServingAsync(CancellationToken cancellationToken) =>
        await CallAsync(HealthMethods.Check, "", cancellationToken) == ServingStatus.Serving;

    /// <summary>What the cache holds.</summary>
    /// <param name="filters">Containerd filter expressions, or-ed; empty means all.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<IReadOnlyList<UsageRecord>> DiskUsageAsync(IReadOnlyList<string> filters, CancellationToken cancellationToken)
    {
        var request = new DiskUsageRequest();
        request.Filter.Add(filters);
        return (await CallAsync(ControlMethods.DiskUsage, request, cancellationToken)).Record;
    }

    /// <summary>Removes what no build uses; tells each record that went.</summary>
    public IAsyncEnumerable<UsageRecord> PruneAsync(PruneRequest request, CancellationToken cancellationToken) =>
        StreamAsync(ControlMethods.Prune, request, cancellationToken);

    /// <summary>Past and running builds; without <see cref="BuildHistoryRequest.EarlyExit"/> also those to come, until the token is cancelled.</summary>
    public IAsyncEnumerable<BuildHistoryEvent> HistoryAsync(BuildHistoryRequest request, CancellationToken cancellationToken) =>
        StreamAsync(ControlMethods.ListenBuildHistory, request, cancellationToken);

    /// <summary>Pins, deletes or completes a record of the history.</summary>
    public Task UpdateHistoryAsync(UpdateBuildHistoryRequest request, CancellationToken cancellationToken) =>
        CallAsync(ControlMethods.UpdateBuildHistory, request, cancellationToken);

    /// <summary>What happens, or happened, in a build, from its start on.</summary>
    /// <param name="build">The build's id.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public IAsyncEnumerable<StatusResponse> StatusAsync(string build, CancellationToken cancellationToken) =>
        StreamAsync(ControlMethods.Status, new StatusRequest { Ref = build }, cancellationToken);

    /// <summary>The bytes of a blob of the daemon's, such as the logs of a record of the history, in parts.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadBlobAsync(string digest, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (ContentStore.ReadContentResponse part in StreamAsync(
            ContentMethods.Read, new ContentStore.ReadContentRequest { Digest = digest }, cancellationToken))
        {
            yield return part.Data.Memory;
        }
    }

    /// <summary>Opens a session of its own, which builds may name: one that several builds share, or that lives before and after one.</summary>
    /// <returns>The session; the caller disposes it.</returns>
    public Task<ClientSession> OpenSessionAsync(SessionOptions options, CancellationToken cancellationToken) =>
        ClientSession.OpenAsync(Channel, options, _options.Logger, cancellationToken);

    /// <summary>Begins a build.</summary>
    /// <param name="options">What to build.</param>
    /// <param name="cancellationToken">Ends the build.</param>
    /// <returns>The build under way; the caller disposes it.</returns>
    /// <exception cref="BuildException">Input: an option has no meaning.</exception>
    public Task<RunningBuild> BuildAsync(BuildOptions options, CancellationToken cancellationToken) =>
        RunningBuild.BeginAsync(this, options, cancellationToken);

    /// <summary>Closes the connection. Builds and sessions that are under way end with it.</summary>
    public ValueTask DisposeAsync() => Channel.DisposeAsync();

    private Task<TResponse> CallAsync<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, TRequest request, CancellationToken cancellationToken) =>
        CallErrors.GuardAsync(Channel.CallAsync(method, request, RpcCallOptions.None, cancellationToken));

    private IAsyncEnumerable<TResponse> StreamAsync<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, TRequest request, CancellationToken cancellationToken) =>
        CallErrors.GuardAsync(Streams.ReadAsync(Channel, method, request, cancellationToken), cancellationToken);
}
