using Cairn.Llb;

namespace Cairn.Daemon.Content;

/// <summary>Blobs that clients may read.</summary>
internal interface IBlobShelf
{
    /// <summary>Bytes of a blob; null if there is none of that digest.</summary>
    long? TrySize(Digest digest);

    /// <summary>A blob from its beginning; null if there is none of that digest.</summary>
    Stream? TryOpen(Digest digest);

    /// <summary>All of them.</summary>
    IReadOnlyList<(Digest Digest, long Size)> Blobs();
}
