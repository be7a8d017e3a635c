using Cairn.Llb;

namespace Cairn.Solver.Sessions;

/// <summary>A store of blobs at a client, to which an image layout is written. Who owns it keeps its index.</summary>
public interface IBlobTarget
{
    /// <summary>Puts a blob there, unless it is there.</summary>
    /// <param name="blob">Digest and size.</param>
    /// <param name="open">Opens its bytes, if they are needed.</param>
    /// <param name="cancellationToken">Stops the transfer.</param>
    Task WriteAsync(Descriptor blob, Func<CancellationToken, Task<Stream>> open, CancellationToken cancellationToken);
}
