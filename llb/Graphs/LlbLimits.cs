namespace Cairn.Llb.Graphs;

/// <summary>How large a definition may be.</summary>
public static class LlbLimits
{
    /// <summary>Most bytes of one op: 16 MiB, the largest message a client may send.</summary>
    public const int OpBytes = 16 << 20;

    /// <summary>Most bytes of all ops of a definition together: 1 GiB.</summary>
    public const long DefinitionBytes = 1L << 30;

    /// <summary>Most characters of a display name that is put together from other names.</summary>
    public const int ComposedNameLength = 4096;
}
