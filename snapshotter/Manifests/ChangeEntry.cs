using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Manifests;

/// <summary>What a layer says about one name. Of a whiteout only the name counts, everything else is as if it were not there.</summary>
public sealed class ChangeEntry
{
    /// <summary>Last part of the path; empty for the root.</summary>
    public required string Name { get; init; }

    /// <summary>What is said.</summary>
    public required ChangeOperation Operation { get; init; }

    /// <summary>What it is.</summary>
    public required FileKind Kind { get; init; }

    /// <summary>Permission bits with setuid, setgid and sticky.</summary>
    public uint Mode { get; init; }

    /// <summary>Owner.</summary>
    public uint Uid { get; init; }

    /// <summary>Group.</summary>
    public uint Gid { get; init; }

    /// <summary>Bytes of a regular file, else 0.</summary>
    public long Size { get; init; }

    /// <summary>Major number of a device node, else 0.</summary>
    public ulong DeviceMajor { get; init; }

    /// <summary>Minor number of a device node, else 0.</summary>
    public ulong DeviceMinor { get; init; }

    /// <summary>Time of the last change of content, nanoseconds since 1970.</summary>
    public long ModifiedNanoseconds { get; init; }

    /// <summary>Target of a symbolic link, else empty.</summary>
    public string LinkTarget { get; init; } = "";

    /// <summary>Names of one layer with the same number, from 1, are names of one file; 0: the file has no other name.</summary>
    public int LinkGroup { get; internal set; }

    /// <summary>Portable extended attributes, ordered by the bytes of their names.</summary>
    public IReadOnlyList<KeyValuePair<string, byte[]>> Attributes { get; init; } = [];

    /// <summary>What the layer says about names in this directory, in byte order of the names.</summary>
    public IReadOnlyList<ChangeEntry> Children { get; init; } = [];

    /// <summary>Inode number, where the entry comes from the directory itself and not from the stored manifest; else 0.</summary>
    public ulong Inode { get; init; }

    /// <summary>The name is deleted.</summary>
    public bool IsWhiteout => Operation == ChangeOperation.Whiteout;

    /// <summary>It is a directory.</summary>
    public bool IsDirectory => Kind == FileKind.Directory && !IsWhiteout;

    /// <summary>It is a regular file.</summary>
    public bool IsRegular => Kind == FileKind.Regular && !IsWhiteout;
}
