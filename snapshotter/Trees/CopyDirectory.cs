using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Trees;

/// <summary>An open source directory and the directory it is copied to, if that is made yet; closed by whoever releases it last.</summary>
internal sealed class CopyDirectory(SafeFileHandle source, FileStatus status, CopyDirectory? parent, string targetName, string targetPath)
{
    private int _claims = 1;

    public SafeFileHandle Source => source;

    public FileStatus Status => status;

    /// <summary>Where its target lies; null for the directory that holds the target of the whole copy.</summary>
    public CopyDirectory? Parent => parent;

    public string TargetName => targetName;

    public string TargetPath => targetPath;

    /// <summary>Null until something is copied into it.</summary>
    public SafeFileHandle? Target { get; private set; }

    /// <summary>The target was made for this copy, so no name in it can be taken.</summary>
    public bool IsFresh { get; private set; }

    public void SetTarget(SafeFileHandle target, bool isFresh)
    {
        Target = target;
        IsFresh = isFresh;
    }

    public CopyDirectory Retain()
    {
        Interlocked.Increment(ref _claims);
        return this;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _claims) == 0)
        {
            source.Dispose();
            Target?.Dispose();
        }
    }
}
