using Cairn.Llb;
using Cairn.Solver.Sessions;
using Xunit;

namespace Cairn.Solver.Tests.Sessions;

public sealed class ExportPathsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cairn-export-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_file_appears_whole()
    {
        string path = Path.Combine(_directory, "sub", "out.tar");
        await Write(path, async (stream, token) => await stream.WriteAsync("tar"u8.ToArray(), token));

        Assert.Equal("tar", await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public async Task Nothing_is_left_of_a_file_that_could_not_be_finished_and_the_old_one_stays()
    {
        string path = Path.Combine(_directory, "out.tar");
        await File.WriteAllTextAsync(path, "old", TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<InvalidOperationException>(() => Write(path, async (stream, token) =>
        {
            await stream.WriteAsync("half"u8.ToArray(), token);
            throw new InvalidOperationException();
        }));

        Assert.Equal("old", await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        Assert.Single(Directory.GetFiles(_directory));
    }

    [Fact]
    public async Task A_place_that_cannot_be_written_is_named()
    {
        BuildException error = await Assert.ThrowsAsync<BuildException>(() => Write("/proc/nowhere/out.tar", static (_, _) => Task.CompletedTask));

        Assert.Equal(ErrorKind.Environment, error.Kind);
        Assert.Contains("/proc/nowhere/out.tar", error.Message, StringComparison.Ordinal);
    }

    private static Task<bool> Write(string path, Func<Stream, CancellationToken, Task> write) => new ExportPaths([new ExportDestination { File = path }])
        .WriteFileAsync(0, new Dictionary<string, string>(), write, TestContext.Current.CancellationToken);
}
