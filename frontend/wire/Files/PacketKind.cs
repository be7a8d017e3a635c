namespace Cairn.Wire.Files;

/// <summary>What a packet of a file transfer is. The numbers are those of the wire.</summary>
public enum PacketKind
{
    /// <summary>From the sender: an entry; without one, the end of the list.</summary>
    Stat = 0,

    /// <summary>From the receiver: it wants the content of an entry.</summary>
    Request = 1,

    /// <summary>From the sender: a part of a content; an empty one ends it.</summary>
    Data = 2,

    /// <summary>From the receiver: it has everything; from the sender: so be it.</summary>
    Finish = 3,

    /// <summary>From either: it has failed, and why.</summary>
    Error = 4,
}
