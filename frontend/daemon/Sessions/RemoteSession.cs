using Cairn.Llb;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Solver.Sessions;
using Cairn.Wire.Headers;
using Cairn.Wire.Methods;

namespace Cairn.Daemon.Sessions;

/// <summary>A client at the other end of its tunnel.</summary>
internal sealed class RemoteSession : ISession
{
    private readonly SessionHeaders _headers;
    private readonly RpcChannel _channel;
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="headers">What the client said of itself.</param>
    /// <param name="channel">Closed by its owner when the session ends.</param>
    /// <param name="salt">The same for all sessions of a daemon's life.</param>
    /// <param name="clock">Clock of tokens.</param>
    public RemoteSession(SessionHeaders headers, RpcChannel channel, byte[] salt, TimeProvider clock)
    {
        _headers = headers;
        _channel = channel;
        Secrets = new RemoteSecrets(this);
        Credentials = new RemoteCredentials(this, salt, clock);
        Ssh = new RemoteAgents(this);
        Exports = new RemoteExports(this);
        Layouts = new RemoteLayouts(this);
    }

    public string Id => _headers.Id;

    /// <summary>Names the client's context across sessions; may be empty.</summary>
    public string SharedKey => _headers.SharedKey;

    /// <summary>Completes when it has ended, with the cause.</summary>
    public Task<string> Ended => _ended.Task;

    /// <summary>Why it has ended; null while it has not.</summary>
    public string? Cause => _ended.Task.IsCompletedSuccessfully ? _ended.Task.Result : null;

    public ISecretSource Secrets { get; }

    public IRegistryCredentials Credentials { get; }

    public ISshAgents Ssh { get; }

    public IExportTarget Exports { get; }

    public IOciLayouts Layouts { get; }

    public ILocalFiles? Files(string name) => null;

    public IContentStore? Content(string store) => new RemoteContent(this, store);

    public ISentFiles? SentFiles(string name) => Serves(FileSyncMethods.DiffCopy.Path) ? new RemoteFiles(this, name) : null;

    public Task<Stream?> OpenUploadAsync(Uri address, CancellationToken cancellationToken) => RemoteUpload.OpenAsync(this, address, cancellationToken);

    /// <summary>Whether the client has said that it serves a method.</summary>
    public bool Serves(string path) => _headers.Serves(path);

    /// <summary>It is over. The first cause stays.</summary>
    public void End(string cause) => _ended.TrySetResult(cause);

    /// <summary>One message there, one back.</summary>
    /// <exception cref="RpcException">The client answered with an error, or is gone; see <see cref="FaultAsync"/>.</exception>
    public Task<TResponse> CallAsync<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, TRequest request, RpcCallOptions options, CancellationToken cancellationToken) =>
        _channel.CallAsync(method, request, options, cancellationToken);

    /// <summary>Begins a call of any kind.</summary>
    /// <exception cref="RpcException">The client is gone; see <see cref="FaultAsync"/>.</exception>
    public ValueTask<ClientCall<TRequest, TResponse>> BeginAsync<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, Metadata headers, CancellationToken cancellationToken) =>
        _channel.BeginAsync(method, new RpcCallOptions { Headers = headers }, cancellationToken);

    /// <summary>Whether a call failed because the session is over, and not by an answer of the client.</summary>
    public bool IsLost(RpcException error) =>
        error.Status.Code is StatusCode.Unavailable or StatusCode.Cancelled && (_channel.Closed.IsCompleted || _ended.Task.IsCompleted);

    /// <summary>The error of a client that does not keep to the rules.</summary>
    public ClientFaultException Misbehaviour(string doing, string subject, string reason) =>
        new(ErrorKind.Environment, doing, subject, reason, "The client is at fault; use another version of it.") { Session = this };

    /// <summary>A failed call in the words of builds, with the true cause if the session is over.</summary>
    /// <param name="error">How the call ended.</param>
    /// <param name="doing">What was being done.</param>
    /// <param name="subject">To what.</param>
    public async Task<ClientFaultException> FaultAsync(RpcException error, string doing, string subject)
    {
        if (!IsLost(error))
        {
            return new ClientFaultException(ErrorKind.Environment, doing, subject, error.Status.Message, null, error) { Session = this };
        }

        string cause = await _ended.Task;   // who keeps the session learns of its end as well
        return new ClientFaultException(
            ErrorKind.Environment, doing, subject, $"the session {Id} of the client has ended: {cause}", "See whether the client is still there.", error)
        {
            Session = this,
        };
    }
}
