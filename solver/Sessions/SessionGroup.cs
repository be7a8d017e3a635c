namespace Cairn.Solver.Sessions;

/// <summary>The sessions of the builds that a vertex belongs to, and of those that live on its work. Safe for several threads.</summary>
internal sealed class SessionGroup : ISessionGroup
{
    // Replaced as a whole on each change, so that readers need no lock; writers hold _lock.
    private volatile ISession[] _sessions = [];
    private readonly Lock _lock = new();

    public IReadOnlyList<ISession> Sessions => _sessions.DistinctBy(static session => session.Id, StringComparer.Ordinal).ToList();

    public static SessionGroup Of(ISession session)
    {
        var group = new SessionGroup();
        group.Add(session);
        return group;
    }

    public ISession? TryGet(string id)
    {
        ArgumentNullException.ThrowIfNull(id);

        // A prefix tells where the id came from; the id is what follows.
        string plain = id[(id.LastIndexOf(':') + 1)..];
        return Array.Find(_sessions, session => session.Id == id) ?? Array.Find(_sessions, session => session.Id == plain);
    }

    /// <summary>One more build with that session.</summary>
    public void Add(ISession session)
    {
        lock (_lock)
        {
            _sessions = [.. _sessions, session];
        }
    }

    /// <summary>One build less with that session.</summary>
    public void Remove(ISession session)
    {
        lock (_lock)
        {
            int index = Array.LastIndexOf(_sessions, session);
            if (index >= 0)
            {
                _sessions = [.. _sessions.AsSpan(0, index), .. _sessions.AsSpan(index + 1)];
            }
        }
    }
}
