namespace Cairn.Solver.Sessions;

/// <summary>All clients that are there, also those that no build names: some serve nothing but directories that several builds read.</summary>
public interface ISessionDirectory
{
    /// <summary>The session of that id, also <c>prefix:id</c>, waiting for one that comes within the limit; null if none comes.</summary>
    Task<ISession?> TryFindAsync(string id, TimeSpan limit, CancellationToken cancellationToken);
}
