namespace Cairn.Solver.Sessions;

/// <summary>The sessions of all builds that want the same work done. It grows when a build joins and shrinks when one leaves.</summary>
public interface ISessionGroup
{
    /// <summary>The sessions as they are now, in the order in which their builds joined.</summary>
    IReadOnlyList<ISession> Sessions { get; }

    /// <summary>The session of that id, also <c>prefix:id</c>; null if it is not (or no longer) in the group.</summary>
    ISession? TryGet(string id);
}
