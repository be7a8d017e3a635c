using Xunit;

namespace Cairn.Solver.Tests.Scheduling.Planted;

/// <summary>Shows that the simulation finds faults: each of these is planted into the shipped source and found by its seeds.</summary>
public sealed class PlantedFaultTests(ITestOutputHelper output)
{
    private const int Seeds = 2_000;
    private const int CleanSeeds = 150;

    public static TheoryData<string> Names => [.. PlantedFaults.All.Select(static fault => fault.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_planted_fault_is_found(string name)
    {
        PlantedFault fault = PlantedFaults.All.Single(fault => fault.Name == name);
        using var solver = new PlantedSolver(fault);
        for (int seed = 0; seed < Seeds; seed++)
        {
            if (solver.Run(seed) is { } complaint && (fault.Complaint is null || complaint.Contains(fault.Complaint, StringComparison.Ordinal)))
            {
                output.WriteLine(complaint);
                return;
            }
        }

        Assert.Fail($"{Seeds} seeds do not find: {name}");
    }

    [Fact]
    public void Without_a_fault_nothing_is_found()
    {
        using var solver = new PlantedSolver(fault: null);
        Assert.All(Enumerable.Range(0, CleanSeeds), seed => Assert.Null(solver.Run(seed)));
    }
}
