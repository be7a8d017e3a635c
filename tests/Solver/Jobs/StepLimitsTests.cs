using Cairn.Llb;
using Cairn.Protos.Pb;
using Cairn.Solver.Jobs;
using Xunit;

namespace Cairn.Solver.Tests.Jobs;

public sealed class StepLimitsTests
{
    [Fact]
    public void A_build_without_limits_lifts_them_for_all()
    {
        Assert.Null(StepLimits.Relax(new LinuxResources { Memory = 1 }, null));
        Assert.Null(StepLimits.Relax(null, new LinuxResources { Memory = 1 }));
    }

    [Fact]
    public void Of_each_field_the_most_relaxed_value_counts()
    {
        var one = new LinuxResources
        {
            Memory = 100, MemorySwap = 50, CpuShares = 10, CpuQuota = 50_000, CpuPeriod = 100_000, CpusetCpus = "0-1,4", CpusetMems = "0",
        };
        var other = new LinuxResources
        {
            Memory = 200, MemorySwap = -1, CpuShares = 5, CpuQuota = 30_000, CpuPeriod = 40_000, CpusetCpus = "1-2", CpusetMems = string.Empty,
        };

        LinuxResources? both = StepLimits.Relax(one, other);

        Assert.Equal(both, StepLimits.Relax(other, one));
        Assert.Equal(
            new LinuxResources
            {
                Memory = 200, MemorySwap = -1, CpuShares = 10, CpuQuota = 30_000, CpuPeriod = 40_000, CpusetCpus = "0,1,2,4", CpusetMems = string.Empty,
            },
            both);
    }

    [Fact]
    public void Of_limits_of_processes_the_highest_counts_and_none_lifts_it()
    {
        Assert.Equal(20, StepLimits.Relax(20L, 10L));
        Assert.Null(StepLimits.Relax(20L, null));
        Assert.Equal(7, StepLimits.ReadProcesses(new Dictionary<string, string> { ["pids"] = "7" }));
        Assert.Null(StepLimits.ReadProcesses(new Dictionary<string, string>()));
        Assert.Throws<BuildException>(static () => StepLimits.ReadProcesses(new Dictionary<string, string> { ["pids"] = "0" }));
    }

    [Fact]
    public void What_is_not_set_is_no_limit()
    {
        LinuxResources? both = StepLimits.Relax(
            new LinuxResources { Memory = 100, MemorySwap = 10, CpuShares = 2, CpuQuota = 10, CpusetCpus = "0" },
            new LinuxResources { CpusetCpus = "0" });

        Assert.Equal(new LinuxResources { CpusetCpus = "0" }, both);
    }
}
