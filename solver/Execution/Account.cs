namespace Cairn.Solver.Execution;

/// <summary>A line of <c>/etc/passwd</c>.</summary>
internal sealed record Account(string Name, uint Uid, uint Gid);
