using Cairn.Solver.Progress;

namespace Cairn.Cli.Progress;

/// <summary>Shows nothing, but remembers: the log of a step that fails is printed with the error.</summary>
internal sealed class QuietDisplay(BuildView view) : IBuildDisplay
{
    public TimeSpan Gather => TimeSpan.FromMilliseconds(100);

    public TimeSpan? Tick => null;

    public void Show(IReadOnlyList<BuildEvent> news, DateTimeOffset now)
    {
        foreach (BuildEvent one in news)
        {
            view.Apply(one);
        }
    }

    public void Finish(DateTimeOffset now)
    {
    }
}
