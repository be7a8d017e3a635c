using Cairn.Llb;

namespace Cairn.Solver.Sessions;

/// <summary>Blobs of one image layout.</summary>
public interface IOciLayout
{
    /// <summary>The size of a blob in bytes; null if the layout does not have it.</summary>
    Task<long?> SizeAsync(Digest blob, CancellationToken cancellationToken);

    /// <summary>The bytes of a blob, from an offset on. The reader checks them.</summary>
    Task<Stream> OpenAsync(Digest blob, long offset, CancellationToken cancellationToken);
}
