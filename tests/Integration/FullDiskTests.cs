using Xunit;

namespace Cairn.Integration.Tests;

/// <summary>A store on a disk that is too small: an error that says so, and nothing lost.</summary>
public sealed class FullDiskTests : IAsyncLifetime
{
    private readonly Workspace _workspace = new();

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_workspace.Root);
        (await CairnProgram.ExecAsync("mount", "-t", "tmpfs", "-o", "size=24m", "none", _workspace.Root)).Succeeded();
    }

    public async ValueTask DisposeAsync()
    {
        (await CairnProgram.ExecAsync("umount", "-l", _workspace.Root)).Succeeded();
        _workspace.Dispose();
    }

    [Fact]
    public async Task A_full_disk_is_an_error_and_the_next_build_works()
    {
        string big = _workspace.Context("big", Shell.Stage + "RUN dd if=/dev/urandom of=/big bs=1M count=64\n");
        Finished failed = (await _workspace.BuildAsync(big)).FailedWith(1);
        Assert.Contains("No space left on device", failed.Error, StringComparison.Ordinal);

        string small = _workspace.Context("small", Shell.Stage + "RUN echo small > /small\n");
        Finished built = (await _workspace.BuildAsync("-o", _workspace.In("out"), small)).Succeeded();
        Assert.Equal("small\n", await File.ReadAllTextAsync(_workspace.In("out/small"), TestContext.Current.CancellationToken));
        Assert.Equal("CACHED", built.Steps()["[1/3] COPY busybox /bin/busybox"]);
    }
}
