using Cairn.Solver.Progress;

namespace Cairn.Cli.Progress;

/// <summary>One way of showing a build. Called by the pump alone, one call at a time.</summary>
internal interface IBuildDisplay
{
    /// <summary>How long news may wait to be shown together with what follows.</summary>
    TimeSpan Gather { get; }

    /// <summary>How often the display wants to be called when nothing happens; null for never.</summary>
    TimeSpan? Tick { get; }

    /// <summary>Takes news (none at a tick) and shows them.</summary>
    void Show(IReadOnlyList<BuildEvent> news, DateTimeOffset now);

    /// <summary>Shows what is left; after this the build's outcome is printed below.</summary>
    void Finish(DateTimeOffset now);
}
