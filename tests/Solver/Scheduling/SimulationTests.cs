using Xunit;

namespace Cairn.Solver.Tests.Scheduling;

public sealed class SimulationTests
{
    private const int Chunk = 250;

    public static TheoryData<int> FirstSeeds => [.. Enumerable.Range(0, 8).Select(static chunk => chunk * Chunk)];

    /// <summary>A failing seed is named, with everything that happened; run it alone to replay it.</summary>
    [Theory]
    [MemberData(nameof(FirstSeeds))]
    public void Random_builds_agree_with_the_naive_model(int firstSeed)
    {
        int answers = 0;
        int refusals = 0;
        for (int seed = firstSeed; seed < firstSeed + Chunk; seed++)
        {
            var simulation = new Simulation(seed);
            simulation.Run();
            answers += simulation.Answers;
            refusals += simulation.Refusals;
        }

        Assert.True(answers > Chunk, "the simulation gets results");
        Assert.True(refusals > 0, "the simulation sees failures");
    }
}
