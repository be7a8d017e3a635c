using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Tars;

/// <summary>One member of an archive.</summary>
internal sealed record TarEntry
{
    /// <summary>Path as the archive has it.</summary>
    public required string Path { get; init; }

    /// <summary>What it is; a hard link is of the kind <see cref="FileKind.Regular"/> with <see cref="HardLink"/> set.</summary>
    public required FileKind Kind { get; init; }

    /// <summary>Path, as the archive has it, of the member this is another name of; null for what is not a hard link.</summary>
    public string? HardLink { get; init; }

    /// <summary>Target of a symbolic link.</summary>
    public string Target { get; init; } = "";

    /// <summary>Permission bits with setuid, setgid and sticky.</summary>
    public uint Mode { get; init; }

    /// <summary>Owner.</summary>
    public FileOwner Owner { get; init; }

    /// <summary>Bytes of the content once unpacked.</summary>
    public long Size { get; init; }

    /// <summary>Time of the last change, nanoseconds since 1970.</summary>
    public long ModifiedNanoseconds { get; init; }

    /// <summary>Time of the last read; null if the archive does not say.</summary>
    public long? AccessedNanoseconds { get; init; }

    /// <summary>Device numbers.</summary>
    public ulong DeviceMajor { get; init; }

    /// <inheritdoc cref="DeviceMajor"/>
    public ulong DeviceMinor { get; init; }

    /// <summary>Extended attributes.</summary>
    public IReadOnlyDictionary<string, byte[]> Attributes { get; init; } = NoAttributes;

    public static IReadOnlyDictionary<string, byte[]> NoAttributes { get; } = new Dictionary<string, byte[]>();
}
