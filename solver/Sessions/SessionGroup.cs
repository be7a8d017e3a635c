namespace Cairn.Solver.Sessions;

/// <summary>The sessions of the builds that a vertex belongs to, and of those that live on its work. Safe for several threads.</summary>
internal sealed class SessionGroup : ISessionGroup
{
    // Replaced as a whole on each change, so that readers need no lock.
    private volatile ISession[] _sessions = [];

    public IReadOnlyList<ISession> Sessions => _sessions;

    public static SessionGroup Of(ISession session)
    {
        var group = new SessionGroup();
        group.Set([session]);
        return group;
    }

    public ISession? TryGet(string id)
    {
        ArgumentNullException.ThrowIfNull(id);

        // A prefix tells where the id came from; the id is what follows.
        string plain = id[(id.LastIndexOf(':') + 1)..];
        ISession[] sessions = _sessions;
        return Array.Find(sessions, session => session.Id == id) ?? Array.Find(sessions, session => session.Id == plain);
    }

    /// <summary>From now on it is these, in this order; of equal ids the first stays.</summary>
    public void Set(IReadOnlyList<ISession> sessions) =>
        _sessions = sessions.Count == 1 ? [sessions[0]] : [.. sessions.DistinctBy(static session => session.Id, StringComparer.Ordinal)];
}
