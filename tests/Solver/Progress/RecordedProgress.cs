using Cairn.Solver.Progress;

namespace Cairn.Solver.Tests.Progress;

/// <summary>Keeps what a build was told.</summary>
internal sealed class RecordedProgress : IBuildProgress
{
    private readonly Lock _lock = new();
    private readonly List<BuildEvent> _events = [];

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

    public void Write(BuildEvent news)
    {
        lock (_lock)
        {
            _events.Add(news);
        }
    }
}
