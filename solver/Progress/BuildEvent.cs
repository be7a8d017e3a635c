namespace Cairn.Solver.Progress;

/// <summary>One piece of news of a build, with the meaning of the status stream (control-and-status.md, section 17).</summary>
public abstract record BuildEvent;
