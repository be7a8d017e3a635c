using Cairn.Snapshotter.Native;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Store;

/// <summary>
/// Makes what was written survive a power cut. Two promises, and the cheaper one suffices for deleting: that the rows are durable takes a
/// flush of the index's log; that the files they name are takes one of the filesystem, after which the rows are sealed.
/// </summary>
/// <param name="index">The index.</param>
/// <param name="directory">A descriptor held open since the store was, so that a flush reports every error since then.</param>
internal sealed class Flusher(StoreIndex index, SafeFileHandle directory)
{
    private readonly Lock _flushing = new();   // held while the log is flushed: whoever waits for it finds the work done
    private readonly Lock _sealing = new();    // the same for the filesystem; taken before the other
    private long _durable;                     // guarded by _flushing; rows up to this write transaction survive

    /// <summary>Makes the rows of all write transactions up to a number durable.</summary>
    /// <returns>The number up to which they are.</returns>
    /// <exception cref="NativeException">The disk failed; nothing is promised.</exception>
    public long MakeDurable(long sequence)
    {
        lock (_flushing)
        {
            if (_durable < sequence)
            {
                long reached = index.Sequence;
                index.SyncLog();
                Failpoints.Hit("log.flushed");
                _durable = reached;
            }
            return _durable;
        }
    }

    /// <summary>Makes rows and files of all write transactions up to a number durable, and notes it.</summary>
    /// <exception cref="NativeException">The disk failed; nothing is promised.</exception>
    public void Seal(long sequence)
    {
        lock (_sealing)
        {
            if (index.SealedSequence >= sequence)
            {
                return;
            }
            long reached = index.Sequence;
            Failpoints.Hit("seal.begun");
            Files.SyncFilesystem(directory);
            Failpoints.Hit("seal.flushed");
            index.Seal(reached);
            Failpoints.Hit("seal.noted");
            lock (_flushing)
            {
                index.SyncLog();
                _durable = Math.Max(_durable, reached);
            }
        }
    }
}
