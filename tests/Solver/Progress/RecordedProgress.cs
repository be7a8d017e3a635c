using Cairn.Solver.Progress;

namespace Cairn.Solver.Tests.Progress;

/// <summary>Keeps what a build was told.</summary>
internal sealed class RecordedProgress : IBuildProgress
{
    private readonly Lock _lock = new();
    private readonly List<BuildEvent> _events = [];
    private readonly List<(string Name, TaskCompletionSource Started)> _waiting = [];

    public IReadOnlyList<BuildEvent> Events
    {
        get
        {
            lock (_lock)
            {
                return [.. _events];
            }
        }
    }

    public IReadOnlyList<VertexEvent> Vertices => [.. Events.OfType<VertexEvent>()];

    /// <summary>The last that was told of each vertex, by name.</summary>
    public Dictionary<string, VertexEvent> Last =>
        Vertices.GroupBy(static news => news.Name, StringComparer.Ordinal).ToDictionary(static group => group.Key, static group => group.Last());

    /// <summary>Ends when a vertex of that name has begun.</summary>
    public Task Started(string name)
    {
        lock (_lock)
        {
            var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((name, started));
            if (_events.Exists(news => HasStarted(news, name)))
            {
                started.SetResult();
            }

            return started.Task;
        }
    }

    public void Write(BuildEvent news)
    {
        lock (_lock)
        {
            _events.Add(news);
            foreach ((string name, TaskCompletionSource started) in _waiting)
            {
                if (HasStarted(news, name))
                {
                    started.TrySetResult();
                }
            }
        }
    }

    private static bool HasStarted(BuildEvent news, string name) => news is VertexEvent { Started: not null } vertex && vertex.Name == name;
}
