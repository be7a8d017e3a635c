namespace Blake3;

/// <summary>Flags that keep apart what a block is part of.</summary>
/// <remarks>Source: BLAKE3 specification, section 2.2, "Flags".</remarks>
internal static class Domains
{
    public const uint ChunkStart = 1;
    public const uint ChunkEnd = 2;
    public const uint Parent = 4;
    public const uint Root = 8;
    public const uint KeyedHash = 16;
    public const uint DeriveKeyContext = 32;
    public const uint DeriveKeyMaterial = 64;
}
