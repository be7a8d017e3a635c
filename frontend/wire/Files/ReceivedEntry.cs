using Cairn.Protos.Fsutil;
using Cairn.Snapshotter.Locals;

namespace Cairn.Wire.Files;

/// <summary>One entry of the peer's list. It has been checked: nothing of it leads out of the directory it is meant for.</summary>
/// <param name="Id">Its place in the list, by which its content is asked for.</param>
/// <param name="Stat">As it came.</param>
/// <param name="Entry">The same in this house's types.</param>
public sealed record ReceivedEntry(uint Id, Stat Stat, LocalEntry Entry)
{
    /// <summary>It has a content to ask for, also an empty one.</summary>
    public bool HasContent => WireStat.HasContent(Stat);
}
