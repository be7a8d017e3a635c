using Cairn.Llb;

namespace Cairn.Solver.Progress;

/// <summary>
/// One build's view of the vertices that it shares with others: keeps the order that readers rely on (announced, then started, then completed;
/// inputs before what is built on them) and ends what is open when the build ends.
/// </summary>
internal sealed class JobProgress(IBuildProgress target, TimeProvider clock)
{
    private readonly Lock _lock = new();

    // All vertices announced, as last told; guarded by _lock.
    private readonly Dictionary<Digest, VertexEvent> _vertices = [];
    private readonly List<Digest> _order = [];

    // Vertices of which so far only the key was looked for; guarded by _lock.
    private readonly HashSet<Digest> _resolved = [];
    private bool _isClosed;

    /// <summary>Tells of a vertex that has not begun. The first name stays.</summary>
    public void Announce(Digest vertex, string name, IReadOnlyList<Digest> inputs, ProgressGroup? group)
    {
        lock (_lock)
        {
            if (!_isClosed && !_vertices.ContainsKey(vertex))
            {
                Tell(new VertexEvent(vertex, name, inputs, null, null, Cached: false, null, group));
            }
        }
    }

    /// <summary>A vertex begins an interval of work.</summary>
    public void Start(Digest vertex, DateTimeOffset time, WorkInterval interval)
    {
        lock (_lock)
        {
            if (_isClosed || !_vertices.TryGetValue(vertex, out VertexEvent? known))
            {
                return;
            }

            if (interval != WorkInterval.Resolving)
            {
                _resolved.Remove(vertex);
            }
            else if (known.Started is null)
            {
                _resolved.Add(vertex);
            }

            if (interval != WorkInterval.Resolving)
            {
                TellInputsCached(known, time);
            }

            Tell(known with { Started = time, Completed = null, Cached = interval == WorkInterval.Cached, Error = null });
        }
    }

    /// <summary>A vertex ends its interval.</summary>
    public void Complete(Digest vertex, DateTimeOffset time, string? error)
    {
        lock (_lock)
        {
            if (!_isClosed && _vertices.TryGetValue(vertex, out VertexEvent? known) && known.Started is not null)
            {
                Tell(known with { Completed = time, Error = error });
            }
        }
    }

    /// <summary>Passes a status, log or warning of an announced vertex on.</summary>
    public void Write(BuildEvent news)
    {
        lock (_lock)
        {
            if (!_isClosed)
            {
                target.Write(news);
            }
        }
    }

    /// <summary>The build is over: what is open is told as completed, and nothing comes after.</summary>
    public void Close()
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            DateTimeOffset now = clock.GetUtcNow();
            foreach (Digest vertex in _order)
            {
                VertexEvent known = _vertices[vertex];
                if (known is { Started: not null, Completed: null })
                {
                    Tell(known with { Completed = now, Error = known.Cached ? null : known.Error ?? "context canceled" });
                }
            }

            _isClosed = true;
        }
    }

    private void Tell(VertexEvent news)
    {
        if (!_vertices.ContainsKey(news.Vertex))
        {
            _order.Add(news.Vertex);
        }

        _vertices[news.Vertex] = news;
        target.Write(news);
    }

    // What a starting vertex stands on was needed by nobody, or it would have run: it came from the cache.
    private void TellInputsCached(VertexEvent vertex, DateTimeOffset time)
    {
        var path = new Stack<(VertexEvent Vertex, int Next)>();
        path.Push((vertex, 0));
        while (path.TryPop(out (VertexEvent Vertex, int Next) top))
        {
            if (top.Next < top.Vertex.Inputs.Count)
            {
                path.Push(top with { Next = top.Next + 1 });
                if (_vertices.TryGetValue(top.Vertex.Inputs[top.Next], out VertexEvent? input)
                    && (input.Started is null || (_resolved.Remove(input.Vertex) && input.Error is null)))
                {
                    // Marked at once, so that it is not walked into a second time; told after its own inputs.
                    _vertices[input.Vertex] = input with { Started = time };
                    path.Push((input, 0));
                }
            }
            else if (path.Count > 0)
            {
                Tell(top.Vertex with { Started = top.Vertex.Started ?? time, Completed = time, Cached = true });
            }
        }
    }
}
