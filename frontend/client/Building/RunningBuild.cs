using System.Runtime.CompilerServices;
using Cairn.Client.Bridge;
using Cairn.Client.Sessions;
using Cairn.Protos.Control;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Wire.Headers;
using Cairn.Wire.Methods;

namespace Cairn.Client.Building;

/// <summary>A build under way. Disposing it cancels what has not ended, and ends its session.</summary>
public sealed class RunningBuild : IAsyncDisposable
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    private readonly BuildClient _client;
    private readonly SolvePlan _plan;
    private readonly BuildOptions _options;
    private readonly ClientSession _session;
    private readonly CancellationTokenSource _stop;
    private readonly Task<ClientCall<StatusRequest, StatusResponse>> _status;
    private int _isRead;

    private RunningBuild(
        BuildClient client, SolvePlan plan, BuildOptions options, ClientSession session, CancellationTokenSource stop)
    {
        _client = client;
        _plan = plan;
        _options = options;
        _session = session;
        _stop = stop;
        Task<SolveResponse> solving = SolveAsync();   // first: it makes the build that the others ask about
        _status = BeginStatusAsync();
        Outcome = RunAsync(solving);
    }

    /// <summary>Names the build.</summary>
    public string Id => _options.Id;

    /// <summary>Ends when the build has, and all of its results are in place.</summary>
    /// <exception cref="Llb.BuildException">The build has failed; as a <see cref="Wire.Errors.StatusException"/> with what the daemon told of it.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Task<BuildOutcome> Outcome { get; }

    internal static async Task<RunningBuild> BeginAsync(BuildClient client, BuildOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        SolvePlan plan = SolvePlan.Of(options);
        ClientSession session = await client.OpenSessionAsync(plan.Session, cancellationToken);
        var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        return new RunningBuild(client, plan, options, session, stop);
    }

    /// <summary>What happens in the build, from its start; ends with the build. For one reader, once; need not be read.</summary>
    public async IAsyncEnumerable<StatusResponse> ReadStatusAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isRead, 1) != 0)
        {
            throw new InvalidOperationException("the news of a build are read once");
        }

        using CancellationTokenSource silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        _ = Outcome.ContinueWith(
            _ => Limit(silence), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        ClientCall<StatusRequest, StatusResponse> call;
        try
        {
            call = await _status;
        }
        catch (RpcException e)
        {
            throw CallErrors.Of(e);
        }

        while (true)
        {
            try
            {
                if (!await call.Responses.MoveNextAsync(silence.Token))
                {
                    yield break;
                }
            }
            catch (RpcException e) when (!Outcome.IsCompleted)
            {
                throw CallErrors.Of(e);
            }
            catch (Exception e) when (e is RpcException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                yield break;   // the build is over, and its outcome says how
            }

            if (Outcome.IsCompleted)
            {
                Limit(silence);   // as long as there is news, it is waited for
            }

            yield return call.Responses.Current;
        }
    }

    /// <summary>Cancels the build if it has not ended, and ends its session.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await ((Task)Outcome).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await ((Task)_status).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_status.IsCompletedSuccessfully)
        {
            await _status.Result.DisposeAsync();
        }

        await _session.DisposeAsync();
        _stop.Dispose();
    }

    private static void Limit(CancellationTokenSource silence)
    {
        try
        {
            silence.CancelAfter(Silence);
        }
        catch (ObjectDisposedException)
        {
            // The reader has gone.
        }
    }

    private async Task<SolveResponse> SolveAsync()
    {
        var headers = new Metadata();
        if (_options.IsDetached)
        {
            headers.Add(HeaderNames.Detach, "1");
        }

        return await _client.Channel.CallAsync(ControlMethods.Solve, _plan.Request, new RpcCallOptions { Headers = headers }, _stop.Token);
    }

    private async Task<ClientCall<StatusRequest, StatusResponse>> BeginStatusAsync()
    {
        ClientCall<StatusRequest, StatusResponse> call = await _client.Channel.BeginAsync(ControlMethods.Status, RpcCallOptions.None, _stop.Token);
        await call.Requests.WriteAsync(new StatusRequest { Ref = Id }, _stop.Token);
        await call.Requests.CompleteAsync(_stop.Token);
        return call;
    }

    private async Task<BuildOutcome> RunAsync(Task<SolveResponse> solving)
    {
        try
        {
            if (_options.Solve is { } solve)
            {
                await ClientBuild.RunAsync(_client.Channel, Id, _plan, solve, solving, _stop.Token);
            }

            SolveResponse response = await solving;
            _plan.Finish(response.ExporterResponse);
            return new BuildOutcome(new SortedDictionary<string, string>(response.ExporterResponse, StringComparer.Ordinal));
        }
        catch (RpcException e)
        {
            throw CallErrors.Of(e);
        }
    }
}
