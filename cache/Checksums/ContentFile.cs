using Cairn.Snapshotter.Trees;

namespace Cairn.Cache.Checksums;

/// <summary>One file that takes part in a content digest.</summary>
public sealed record ContentFile
{
    /// <summary>Absolute in the tree that the selector was applied to, in text form as paths have here.</summary>
    public required string Path { get; init; }

    /// <summary>What it is.</summary>
    public required FileKind Kind { get; init; }

    /// <summary>Permission bits with setuid, setgid and sticky.</summary>
    public required uint Mode { get; init; }

    /// <summary>Owner.</summary>
    public required uint Uid { get; init; }

    /// <summary>Group.</summary>
    public required uint Gid { get; init; }

    /// <summary>Bytes of a regular file, else 0.</summary>
    public required long Size { get; init; }

    /// <summary>Target of a symbolic link, else empty.</summary>
    public string LinkTarget { get; init; } = "";

    /// <summary>SHA-256 of its header and bytes, 32 bytes: equal files have equal hashes, and a change of anything that counts changes it.</summary>
    public required ReadOnlyMemory<byte> Hash { get; init; }
}
