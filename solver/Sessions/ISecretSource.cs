namespace Cairn.Solver.Sessions;

/// <summary>The client's secrets.</summary>
public interface ISecretSource
{
    /// <summary>The value; null if the client has no secret of that id.</summary>
    Task<byte[]?> GetAsync(string id, CancellationToken cancellationToken);
}
