namespace Cairn.Solver.Execution;

/// <summary>A line of <c>/etc/group</c>.</summary>
internal sealed record AccountGroup(string Name, uint Gid, IReadOnlyList<string> Members);
