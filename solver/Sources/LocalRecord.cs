using System.Security.Cryptography;
using System.Text;
using Cairn.Snapshotter.Locals;
using Cairn.Snapshotter.Trees;

namespace Cairn.Solver.Sources;

/// <summary>What is remembered of one entry of a synced directory, to tell next time whether it is still the same.</summary>
/// <remarks>
/// <c>Attributes</c> is a SHA-256 over the extended attributes, empty if there are none. <c>Inode</c>, <c>Device</c> and
/// <c>ChangedNanoseconds</c> are 0 if the client does not tell.
/// </remarks>
internal sealed record LocalRecord(
    string Path,
    FileKind Kind,
    uint Mode,
    uint Uid,
    uint Gid,
    long Size,
    long ModifiedNanoseconds,
    ulong DeviceMajor,
    ulong DeviceMinor,
    string LinkTarget,
    string Attributes,
    ulong Inode,
    ulong Device,
    long ChangedNanoseconds)
{
    public static LocalRecord Of(LocalEntry entry)
    {
        FileStatus status = entry.Status;
        bool identity = status.IsRegular;   // only what has content can have it changed behind equal metadata
        return new LocalRecord(
            entry.Path, status.Kind, status.Mode, status.Uid, status.Gid, status.IsDirectory ? 0 : status.Size, status.ModifiedNanoseconds,
            status.DeviceMajor, status.DeviceMinor, entry.LinkTarget ?? "", Hash(entry.Attributes),
            identity ? status.Inode : 0, identity ? status.Device : 0, identity ? status.ChangedNanoseconds : 0);
    }

    /// <summary>Same metadata, so that one inode can stand for both.</summary>
    public bool HasMetadataOf(LocalRecord other) => this with
    {
        Inode = other.Inode,
        Device = other.Device,
        ChangedNanoseconds = other.ChangedNanoseconds,
    } == other;

    private static string Hash(IReadOnlyDictionary<string, byte[]> attributes)
    {
        if (attributes.Count == 0)
        {
            return "";
        }

        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, byte[] value) in attributes.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            sha256.AppendData(Encoding.UTF8.GetBytes(name + "\0"));
            sha256.AppendData(BitConverter.GetBytes(value.Length));
            sha256.AppendData(value);
        }

        return Convert.ToHexStringLower(sha256.GetHashAndReset());
    }
}
