using Cairn.Snapshotter.Locals;

namespace Cairn.Solver.Sessions;

/// <summary>One directory of a client that sends it, entry by entry, and the content of what it is asked for while it still does so.</summary>
public interface ISentFiles
{
    /// <summary>Names the directory across builds: syncs of equal key start from each other's result.</summary>
    string SharedKey { get; }

    /// <summary>Receives the entries that pass the filter, parents before their children, names in byte order.</summary>
    /// <param name="filter">Which part is wanted.</param>
    /// <param name="receiver">Takes them. What it throws ends the transfer, and the client is told.</param>
    /// <param name="cancellationToken">Ends the transfer.</param>
    /// <returns>False if the client does not offer the directory; then the receiver was told nothing.</returns>
    /// <exception cref="ClientFaultException">The client is gone, failed, or does not keep to the rules.</exception>
    Task<bool> ReceiveAsync(LocalFilter filter, ISentFilesReceiver receiver, CancellationToken cancellationToken);
}
