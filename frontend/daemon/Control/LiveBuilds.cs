using Cairn.Llb;
using Cairn.Protos.Control;
using Cairn.Solver.History;

namespace Cairn.Daemon.Control;

/// <summary>The builds that are under way, and those that have just ended, whose news can still be read.</summary>
internal sealed class LiveBuilds(TimeProvider clock)
{
    // Clients that come late, or that ask again, find a build for this long.
    private static readonly TimeSpan Afterlife = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly Dictionary<string, LiveBuild> _builds = new(StringComparer.Ordinal);
    private readonly HashSet<LiveBuild> _active = [];
    private TaskCompletionSource _changed = NewSignal();

    /// <summary>Builds that are under way, the oldest first.</summary>
    public IReadOnlyList<LiveBuild> Active
    {
        get
        {
            lock (_lock)
            {
                return [.. _active.OrderBy(static build => build.Created)];
            }
        }
    }

    /// <summary>A build begins.</summary>
    /// <exception cref="BuildException">Input: there is one of that id, or was a moment ago.</exception>
    public LiveBuild Begin(SolveRequest request)
    {
        var build = new LiveBuild(request, BuildId.New(), clock.GetUtcNow());
        lock (_lock)
        {
            if (!_builds.TryAdd(request.Ref, build))
            {
                throw new BuildException(ErrorKind.Input, "", "", $"job ID {request.Ref} exists");
            }

            _active.Add(build);
            _changed.TrySetResult();
            _changed = NewSignal();
        }

        return build;
    }

    /// <summary>A build has ended: its news stay for a while.</summary>
    public void End(LiveBuild build)
    {
        build.Feed.Close();
        lock (_lock)
        {
            _active.Remove(build);
        }

        ITimer? timer = null;
        timer = clock.CreateTimer(
            _ =>
            {
                Forget(build);
                timer?.Dispose();
            },
            null, Afterlife, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The build of that id; null if there is none.</summary>
    public LiveBuild? TryFind(string id)
    {
        lock (_lock)
        {
            return _builds.GetValueOrDefault(id);
        }
    }

    /// <summary>The build of that id, waiting for one that is about to begin; null if none comes within the limit.</summary>
    public async Task<LiveBuild?> TryFindAsync(string id, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_builds.TryGetValue(id, out LiveBuild? build))
                {
                    return build;
                }

                changed = _changed.Task;
            }

            try
            {
                await changed.WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return TryFind(id);
            }
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Forget(LiveBuild build)
    {
        lock (_lock)
        {
            _builds.Remove(build.Id);
        }

        build.Feed.Dispose();
    }
}
