using Cairn.Cache.Refs;
using Cairn.Llb;

namespace Cairn.Solver.Progress;

/// <summary>
/// Carries the news of one vertex to all builds that it belongs to, and to the vertices that live on its work. Who joins late is told what was
/// said before, as far as it is kept.
/// </summary>
internal sealed class VertexChannel(Digest vertex, TimeProvider clock) : IVertexProgress
{
    private const int MostKeptBytes = 1 << 20;

    private readonly Lock _lock = new();

    // Guarded by _lock. The lock of a JobProgress is taken inside it, never the other way round.
    private readonly List<JobProgress> _jobs = [];
    private readonly List<VertexChannel> _followers = [];
    private readonly List<BuildEvent> _kept = [];
    private long _keptBytes;
    private DateTimeOffset? _started;
    private WorkInterval _interval;
    private DateTimeOffset? _completed;
    private string? _error;

    /// <summary>The vertex.</summary>
    public Digest Vertex { get; } = vertex;

    /// <summary>A build that has announced the vertex hears of it from now on.</summary>
    public void Join(JobProgress job)
    {
        lock (_lock)
        {
            _jobs.Add(job);
            Replay(job, Vertex);
        }
    }

    /// <summary>A build joins a vertex that lives on this one's work: it is told what was said before.</summary>
    public void Join(JobProgress job, VertexChannel follower)
    {
        lock (_lock)
        {
            Replay(job, follower.Vertex);
        }
    }

    /// <summary>A build hears no more.</summary>
    public void Leave(JobProgress job)
    {
        lock (_lock)
        {
            _jobs.Remove(job);
        }
    }

    /// <summary>Another vertex lives on this one's work: it is told as its own, too.</summary>
    public void AddFollower(VertexChannel follower)
    {
        lock (_lock)
        {
            _followers.Add(follower);
            foreach (JobProgress job in follower.Jobs())
            {
                Replay(job, follower.Vertex);
            }
        }
    }

    /// <summary>The other vertex has its result, or goes its own way.</summary>
    public void RemoveFollower(VertexChannel follower)
    {
        lock (_lock)
        {
            _followers.Remove(follower);
        }
    }

    /// <summary>An interval of work begins.</summary>
    public void Start(WorkInterval interval)
    {
        lock (_lock)
        {
            _started = clock.GetUtcNow();
            _completed = null;
            _error = null;
            _interval = interval;
            ForEach((job, digest) => job.Start(digest, _started.Value, interval));
        }
    }

    /// <summary>The interval ends.</summary>
    /// <param name="error">Null if it ended well.</param>
    public void Complete(string? error)
    {
        lock (_lock)
        {
            _completed = clock.GetUtcNow();
            _error = error;
            ForEach((job, digest) => job.Complete(digest, _completed.Value, error));
        }
    }

    /// <inheritdoc/>
    public void Log(int stream, ReadOnlySpan<byte> bytes) => Publish(new LogEvent(Vertex, stream, bytes.ToArray(), clock.GetUtcNow()));

    /// <inheritdoc/>
    public void Warn(BuildWarning warning) => Publish(new WarningEvent(Vertex, warning));

    /// <inheritdoc/>
    public IProgressItem Step(string id) => new ProgressItem(this, clock, id, string.Empty, total: 0);

    /// <inheritdoc/>
    public IProgressItem Begin(string id, string action, long total) => new ProgressItem(
        this, clock, action == "extracting" ? $"extracting {id}" : id, action == "extracting" ? action : string.Empty, total);

    /// <summary>Tells a status, log or warning of this vertex.</summary>
    public void Publish(BuildEvent news)
    {
        lock (_lock)
        {
            _keptBytes += news is LogEvent log ? log.Bytes.Length : 256;
            if (_keptBytes <= MostKeptBytes)
            {
                _kept.Add(news);
            }

            ForEach((job, digest) => job.Write(Readdress(news, digest)));
        }
    }

    private List<JobProgress> Jobs()
    {
        lock (_lock)
        {
            return [.. _jobs];
        }
    }

    private void Replay(JobProgress job, Digest digest)
    {
        if (_started is { } started)
        {
            job.Start(digest, started, _interval);
        }

        foreach (BuildEvent news in _kept)
        {
            job.Write(Readdress(news, digest));
        }

        if (_completed is { } completed)
        {
            job.Complete(digest, completed, _error);
        }
    }

    private void ForEach(Action<JobProgress, Digest> tell)
    {
        foreach (JobProgress job in _jobs)
        {
            tell(job, Vertex);
        }

        foreach (VertexChannel follower in _followers)
        {
            foreach (JobProgress job in follower.Jobs())
            {
                tell(job, follower.Vertex);
            }
        }
    }

    private BuildEvent Readdress(BuildEvent news, Digest digest) => digest == Vertex
        ? news
        : news switch
        {
            StatusEvent status => status with { Vertex = digest },
            LogEvent log => log with { Vertex = digest },
            WarningEvent warning => warning with { Vertex = digest },
            _ => news,
        };
}
