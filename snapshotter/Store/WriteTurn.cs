using Cairn.Snapshotter.Native;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Store;

/// <summary>
/// The lock between the processes that write. <c>ROOT/lock</c> is the turn; before it comes <c>ROOT/gate</c>, held only while the turn is
/// waited for. The kernel lets a process that gives up a lock take it again before those who wait have woken up; at the gate it meets the
/// one who is next, so nobody waits for more than a few turns of others.
/// </summary>
internal sealed class WriteTurn : IDisposable
{
    private readonly SafeFileHandle _gate;
    private readonly SafeFileHandle _lock;

    private WriteTurn(SafeFileHandle gate, SafeFileHandle @lock)
    {
        _gate = gate;
        _lock = @lock;
    }

    public static WriteTurn Open(string root)
    {
        SafeFileHandle gate = OpenLock(root, "gate");
        try
        {
            return new WriteTurn(gate, OpenLock(root, "lock"));
        }
        catch
        {
            gate.Dispose();
            throw;
        }
    }

    /// <summary>Waits for the turn. One thread of a process at a time.</summary>
    public void Take()
    {
        Files.TryLock(_gate, exclusive: true, wait: true);
        try
        {
            Files.TryLock(_lock, exclusive: true, wait: true);
        }
        finally
        {
            Files.Unlock(_gate);
        }
    }

    public void Release() => Files.Unlock(_lock);

    public void Dispose()
    {
        _lock.Dispose();
        _gate.Dispose();
    }

    private static SafeFileHandle OpenLock(string root, string name) =>
        Files.Open(Path.Combine(root, name), Libc.O_RDWR | Libc.O_CREAT, 0x180);   // 0600
}
