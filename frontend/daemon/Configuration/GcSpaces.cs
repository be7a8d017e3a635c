namespace Cairn.Daemon.Configuration;

/// <summary>Limits of a cache in bytes; 0 is none.</summary>
internal sealed record GcSpaces(long Reserved, long MaxUsed, long MinFree)
{
    public static GcSpaces None { get; } = new(0, 0, 0);
}
