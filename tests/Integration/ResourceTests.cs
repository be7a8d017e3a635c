using Xunit;

namespace Cairn.Integration.Tests;

public sealed class ResourceTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task A_step_has_no_more_processes_than_its_build_allows()
    {
        string context = _workspace.Context(
            "ctx", Shell.Stage + "RUN i=0; while [ $i -lt 60 ]; do sleep 100 & i=$((i+1)); done; kill $(jobs -p); wait; echo started $i > /out\n");

        Finished refused = await _workspace.BuildAsync("--resource", "pids=20", context);
        Finished allowed = await _workspace.BuildAsync("--resource", "pids=200,memory=1g,cpus=2", context);

        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("fork", refused.Error, StringComparison.Ordinal);
        allowed.Succeeded();
    }
}
