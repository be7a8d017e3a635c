using Cairn.Snapshotter.Locals;

namespace Cairn.Solver.Sessions;

/// <summary>One directory of the client.</summary>
public interface ILocalFiles
{
    /// <summary>Names the directory across builds: syncs of equal key start from each other's result.</summary>
    string SharedKey { get; }

    /// <summary>The directory on this host, so that files may be cloned or copied inside the kernel; null if the client is remote.</summary>
    string? HostDirectory { get; }

    /// <summary>The entries that pass the filter, parents before their children, names in byte order.</summary>
    /// <exception cref="Cairn.Llb.BuildException">Environment: the directory cannot be read.</exception>
    IAsyncEnumerable<LocalEntry> WalkAsync(LocalFilter filter, CancellationToken cancellationToken);

    /// <summary>The bytes of a regular file.</summary>
    /// <param name="path">As in <see cref="LocalEntry.Path"/>.</param>
    Stream Open(string path);
}
