namespace Cairn.Rpc.Hpack;

/// <summary>One header field as it travels. Name and value hold one character per octet (Latin-1).</summary>
internal readonly record struct HeaderField(string Name, string Value)
{
    /// <summary>What an entry costs beside its text.</summary>
    public const int Overhead = 32;

    /// <summary>Size in octets as tables and header list limits count it.</summary>
    /// <remarks>Source: RFC 7541, section 4.1.</remarks>
    public int Size => Name.Length + Value.Length + Overhead;
}
