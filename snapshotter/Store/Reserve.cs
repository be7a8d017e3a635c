using Cairn.Snapshotter.Native;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Store;

/// <summary>
/// Space set aside so that something can be deleted when the disk is full: taking rows out needs room in the index before anything is freed.
/// </summary>
internal sealed class Reserve(string root)
{
    private const long Bytes = 4L << 20;   // a batch of the collector changes some hundred pages of 4 KiB

    private readonly string _path = Path.Combine(root, "reserve");

    /// <summary>Sets the space aside unless it is, or the disk has not got it.</summary>
    public void Ensure()
    {
        if (File.Exists(_path))
        {
            return;
        }
        SafeFileHandle? file = Files.TryOpenAt(Files.Anywhere, _path, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL, 0x180, out int errno);
        if (file is null)
        {
            // Made by somebody else meanwhile, or no room even for the name: then it is tried again later.
            _ = errno is Errno.EEXIST or Errno.ENOSPC or Errno.EDQUOT ? 0 : throw new NativeException("open", _path, errno);
            return;
        }
        using (file)
        {
            if (!Files.TryAllocate(file, Bytes))
            {
                File.Delete(_path);
            }
        }
    }

    /// <summary>Gives the space back; false if there is none to give.</summary>
    public bool TryRelease()
    {
        if (!File.Exists(_path))
        {
            return false;
        }
        File.Delete(_path);
        return true;
    }
}
