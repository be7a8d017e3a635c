namespace Cairn.Solver.Progress;

/// <summary>Takes the news of one build. Called from any thread, one call at a time for a build.</summary>
public interface IBuildProgress
{
    /// <summary>Takes one event. Never blocks and never throws: a slow reader is the taker's business.</summary>
    void Write(BuildEvent news);
}
