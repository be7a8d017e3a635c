using Cairn.Protos.Fsutil;
using Cairn.Snapshotter.Locals;

namespace Cairn.Solver.Sessions;

/// <summary>Takes what a client sends of a directory. Told one thing at a time.</summary>
public interface ISentFilesReceiver
{
    /// <summary>One more entry.</summary>
    /// <param name="index">Counts the entries from 0.</param>
    /// <param name="entry">Nothing but its kind has been checked.</param>
    /// <param name="sent">The same as it travels.</param>
    /// <returns>Whether the content is wanted, of a regular file that is no link; then it comes, possibly mixed with that of others.</returns>
    bool Take(int index, LocalEntry entry, Stat sent);

    /// <summary>More of the content of a file.</summary>
    /// <param name="index">Of an entry whose content was wanted.</param>
    /// <param name="octets">Valid during the call.</param>
    void Write(int index, ReadOnlySpan<byte> octets);

    /// <summary>The content of a file is complete.</summary>
    void End(int index);
}
