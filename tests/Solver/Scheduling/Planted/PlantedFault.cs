namespace Cairn.Solver.Tests.Scheduling.Planted;

/// <summary>One fault, as a change to the shipped source.</summary>
/// <param name="Name">What goes wrong.</param>
/// <param name="Changes">What is replaced by what, in which file of <c>solver/Scheduling</c>; each text stands there exactly once.</param>
internal sealed record PlantedFault(string Name, params (string File, string Shipped, string Planted)[] Changes)
{
    /// <summary>How the simulation's complaint begins; null if any will do.</summary>
    public string? Complaint { get; init; }

    public override string ToString() => Name;
}
