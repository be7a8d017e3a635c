namespace Cairn.Daemon.Configuration;

/// <summary>One flag of the daemon.</summary>
/// <param name="Name">Without dashes.</param>
/// <param name="IsSwitch">It may stand without a value.</param>
/// <param name="Text">What it does, for people.</param>
internal sealed record DaemonFlag(string Name, bool IsSwitch, string Text)
{
    /// <summary>It is understood and has no effect, which is told.</summary>
    public bool IsIgnored { get; init; }
}
