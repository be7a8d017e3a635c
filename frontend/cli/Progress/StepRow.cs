using Cairn.Llb;
using Cairn.Solver.Progress;

namespace Cairn.Cli.Progress;

/// <summary>One line of a build: a vertex, or the vertices of one progress group.</summary>
internal sealed class StepRow
{
    private readonly List<Member> _members = [];
    private readonly List<StepItem> _items = [];
    private readonly Dictionary<(Digest Vertex, string Id), StepItem> _itemById = [];

    /// <summary>Number in the order of showing; 0 until it was shown.</summary>
    public int Number { get; set; }

    public string Name { get; private set; } = "";

    /// <summary>When work on it first began; null while it has not.</summary>
    public DateTimeOffset? Started { get; private set; }

    /// <summary>Whether something of it is being worked on.</summary>
    public bool IsRunning => _members.Any(m => m.Started is not null && m.Completed is null);

    /// <summary>Whether all that began has ended.</summary>
    public bool IsCompleted => Started is not null && _members.All(m => m.Started is null || m.Completed is not null);

    /// <summary>Whether everything of it came from the cache.</summary>
    public bool IsCached => IsCompleted && _members.All(m => m.Started is null || m.Cached);

    public string? Error => _members.Select(m => m.Error).FirstOrDefault(e => e is not null);

    public bool IsCanceled => Error is { } error
        && (error.EndsWith("context canceled", StringComparison.Ordinal) || error.EndsWith("canceled", StringComparison.Ordinal));

    public IReadOnlyList<StepItem> Items => _items;

    public StepLog Log { get; } = new();

    /// <summary>Time spent so far: pauses between two intervals of work do not count.</summary>
    public TimeSpan Elapsed(DateTimeOffset now)
    {
        TimeSpan sum = TimeSpan.Zero;
        foreach (Member member in _members)
        {
            sum += member.Spent;
            if (member.Started is { } started && member.Completed is null && now > started)
            {
                sum += now - started;
            }
        }

        return sum;
    }

    public void Apply(VertexEvent vertex)
    {
        Member? member = _members.Find(m => m.Vertex == vertex.Vertex);
        if (member is null)
        {
            member = new Member(vertex.Vertex);
            _members.Add(member);
            Name = vertex.Group is { } group && (!group.Weak || _members.Count > 1) ? group.Name : vertex.Name;
        }

        if (vertex.Started is { } started && vertex.Completed is { } completed && completed > started && member.Counted != started)
        {
            member.Spent += completed - started;
            member.Counted = started;
        }

        member.Started = vertex.Started ?? member.Started;
        member.Completed = vertex.Started is null ? member.Completed : vertex.Completed;
        member.Cached = vertex.Cached;
        member.Error = vertex.Error;
        if (Started is null || vertex.Started < Started)
        {
            Started = vertex.Started ?? Started;
        }

        if (IsCompleted)
        {
            Log.End();
        }
    }

    public void Apply(StatusEvent status)
    {
        if (!_itemById.TryGetValue((status.Vertex, status.Id), out StepItem? item))
        {
            item = new StepItem(status.Id);
            _itemById.Add((status.Vertex, status.Id), item);
            _items.Add(item);
        }

        item.Apply(status);
    }

    public void Apply(LogEvent log) => Log.Append(log, Started ?? log.Timestamp);

    private sealed class Member(Digest vertex)
    {
        public Digest Vertex => vertex;
        public DateTimeOffset? Started { get; set; }
        public DateTimeOffset? Completed { get; set; }
        public bool Cached { get; set; }
        public string? Error { get; set; }
        public TimeSpan Spent { get; set; }
        public DateTimeOffset? Counted { get; set; }   // start of the interval that Spent already has
    }
}
