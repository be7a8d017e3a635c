using System.Globalization;
using System.Security.Cryptography;
using Cairn.Snapshotter.Native;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Store;

/// <summary>One opening of a store by one process. It lives as long as its lock is held, and the kernel frees that with the process.</summary>
public sealed class StoreInstance : IDisposable
{
    private readonly string _lockPath;
    private readonly SafeFileHandle _lock;
    private readonly Lock _ending = new();   // guards what follows
    private int _holds;
    private bool _ended;
    private long _numbers;

    private StoreInstance(string id, string lockPath, SafeFileHandle @lock, string runDirectory)
    {
        Id = id;
        RunDirectory = runDirectory;
        _lockPath = lockPath;
        _lock = @lock;
    }

    /// <summary>16 hexadecimal digits, new at each opening.</summary>
    public string Id { get; }

    /// <summary>Directory for mount points and runtime state of this instance: RUN/STORE/INSTANCE.</summary>
    public string RunDirectory { get; }

    /// <summary>Something of this instance stays in the store when it ends; others take it over, for which they need the lock file.</summary>
    internal bool LeavesWork { get; set; }

    /// <summary>A number that this instance has not used.</summary>
    internal long NextNumber() => Interlocked.Increment(ref _numbers);

    internal static StoreInstance Create(string instances, string runStore)
    {
        while (true)
        {
            string id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
            string path = Path.Combine(instances, id);
            SafeFileHandle file = Files.Open(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL, 0x180);   // 0600
            Failpoints.Hit("instance.made");
            Files.TryLock(file, exclusive: true, wait: true);
            Failpoints.Hit("instance.locked");
            if (Files.Status(file).LinkCount == 0)
            {
                file.Dispose();   // somebody found it before it was locked, and took it for dead
                continue;
            }
            string run = Path.Combine(runStore, id);
            try
            {
                // The run directory may be on a filesystem that another opener does not look at: its place stands in the lock file.
                using var stream = new FileStream(new SafeFileHandle(file.DangerousGetHandle(), ownsHandle: false), FileAccess.Write, 0);
                // A copy of the store has a copy of the file, and no say in that place.
                stream.Write(PathText.Encode($"{run}\n{Files.Birth(file)}"));
                Files.MakeDirectory(Files.Anywhere, run, 0x1c0);
                return new StoreInstance(id, path, file, run);
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }
    }

    /// <summary>Takes the lock of a dead instance; null while its process lives, or if somebody else is at it.</summary>
    internal static SafeFileHandle? TryTakeDead(string instances, string id)
    {
        SafeFileHandle? file = Files.TryOpenAt(Files.Anywhere, Path.Combine(instances, id), Libc.O_RDWR, 0, out int errno);
        if (file is null)
        {
            return errno == Errno.ENOENT ? null : throw new NativeException("open", Path.Combine(instances, id), errno);
        }
        Failpoints.Hit("instance.opened");
        if (Files.TryLock(file, exclusive: true, wait: false) && Files.Status(file).LinkCount > 0)
        {
            return file;
        }
        file.Dispose();
        return null;
    }

    /// <summary>Its process lives and has the store open.</summary>
    internal static bool IsAlive(string instances, string id)
    {
        if (!ulong.TryParse(id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _))
        {
            return false;
        }
        using SafeFileHandle? file = Files.TryOpenAt(Files.Anywhere, Path.Combine(instances, id), Libc.O_RDWR, 0, out int errno);
        if (file is null && errno != Errno.ENOENT)
        {
            throw new NativeException("open", Path.Combine(instances, id), errno);
        }
        return file is not null && !Files.TryLock(file, exclusive: false, wait: false);
    }

    /// <summary>Something of this instance is being filled: even when the store is closed, its lock stays until <see cref="Release"/>.</summary>
    internal void Hold()
    {
        lock (_ending)
        {
            ObjectDisposedException.ThrowIf(_ended, this);
            _holds++;
        }
    }

    /// <summary>The opposite of <see cref="Hold"/>.</summary>
    internal void Release()
    {
        lock (_ending)
        {
            if (--_holds == 0 && _ended)
            {
                LetGo();
            }
        }
    }

    /// <summary>Ends the instance: what it left in the store may be reclaimed by anyone, as soon as nothing of it is being filled.</summary>
    public void Dispose()
    {
        lock (_ending)
        {
            if (_ended)
            {
                return;
            }
            _ended = true;
            RunDirectories.Remove(RunDirectory);
            if (_holds > 0)
            {
                return;   // the file stays, so that others find what will be left
            }
            if (!LeavesWork)
            {
                File.Delete(_lockPath);
            }
            LetGo();
        }
    }

    // Closing is not enough: a program that is being started has the descriptor, too, until it becomes that program.
    private void LetGo()
    {
        Files.Unlock(_lock);
        _lock.Dispose();
    }
}
