namespace Cairn.Solver.Execution;

/// <summary>One mount of a container.</summary>
/// <param name="Destination">Absolute path in the tree.</param>
/// <param name="Type">As the runtime has it: <c>bind</c>, <c>tmpfs</c>.</param>
/// <param name="Source">Path on this host; for other file systems their name.</param>
/// <param name="Options">As the runtime has them: <c>ro</c>, <c>nosuid</c>, <c>size=…</c>.</param>
public sealed record ExecMount(string Destination, string Type, string Source, IReadOnlyList<string> Options);
