using System.Runtime.CompilerServices;
using Cairn.Llb;
using Cairn.Snapshotter.Locals;
using Cairn.Snapshotter.Trees;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Sources;

/// <summary>A directory of this host as a client's files: what a reference client would send, without sending it.</summary>
/// <remarks>Source: session.md, sections 8.3 and 9. Owners become 0:0, so that a build does not depend on who runs it.</remarks>
public sealed class LocalDirectory : ILocalFiles, IDisposable
{
    private readonly RootedTree _tree;

    /// <param name="directory">Absolute path of the host.</param>
    /// <param name="sharedKey">See <see cref="ILocalFiles.SharedKey"/>; mostly the path itself.</param>
    /// <exception cref="BuildException">Input: there is no such directory.</exception>
    public LocalDirectory(string directory, string sharedKey)
    {
        HostDirectory = directory;
        SharedKey = sharedKey;
        if (!Directory.Exists(directory))
        {
            throw new BuildException(ErrorKind.Input, "read directory", directory, "it does not exist or is no directory");
        }

        _tree = RootedTree.Open(directory);
    }

    /// <inheritdoc/>
    public string SharedKey { get; }

    /// <inheritdoc/>
    public string HostDirectory { get; }

    /// <summary>Files keep their owners.</summary>
    public bool KeepOwners { get; init; }

    /// <inheritdoc/>
    public async IAsyncEnumerable<LocalEntry> WalkAsync(LocalFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        await foreach (LocalEntry entry in LocalWalk.Entries(_tree, filter, KeepOwners, cancellationToken).ToAsyncEnumerable().WithCancellation(cancellationToken))
        {
            yield return entry;
        }
    }

    /// <inheritdoc/>
    public Stream Open(string path) => _tree.OpenRead("/" + path);

    /// <summary>Closes the directory.</summary>
    public void Dispose() => _tree.Dispose();
}
