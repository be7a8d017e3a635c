namespace Cairn.Solver.Tests.Scheduling;

/// <summary>What happened in a simulation, so that a test can see that it was not idle.</summary>
internal sealed record SimulationCounts
{
    public int Events { get; set; }

    public int Executions { get; set; }

    public int Loads { get; set; }

    public int Answers { get; set; }

    public int Refusals { get; set; }

    public int Cancellations { get; set; }

    public int Attachments { get; set; }

    public int Losses { get; set; }

    public int ClientFaults { get; set; }

    /// <summary>Questions to imported caches.</summary>
    public int ImportLookups { get; set; }

    /// <summary>Sums up.</summary>
    public void Add(SimulationCounts other)
    {
        Events += other.Events;
        Executions += other.Executions;
        Loads += other.Loads;
        Answers += other.Answers;
        Refusals += other.Refusals;
        Cancellations += other.Cancellations;
        Attachments += other.Attachments;
        Losses += other.Losses;
        ClientFaults += other.ClientFaults;
        ImportLookups += other.ImportLookups;
    }
}
