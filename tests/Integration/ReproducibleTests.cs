using System.Globalization;
using Xunit;

namespace Cairn.Integration.Tests;

/// <summary>Same input, same bytes: with SOURCE_DATE_EPOCH the archive does not tell where, when and on what it was made.</summary>
public sealed class ReproducibleTests : IDisposable
{
    private const string Files = "abcdefghij";

    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Two_roots_give_the_same_bytes_whatever_the_order_of_files_umask_time_zone_and_cores()
    {
        string first = CreateContext("first", Files), second = CreateContext("second", [.. Files.Reverse()]);
        byte[] a = await BuildAsync("a", first, umask: "022", zone: "UTC", cores: "0");
        byte[] b = await BuildAsync("b", second, umask: "077", zone: "Asia/Kathmandu", cores: "0,1");
        Assert.True(a.AsSpan().SequenceEqual(b), "the archives differ");
    }

    private async Task<byte[]> BuildAsync(string name, string context, string umask, string zone, string cores)
    {
        string archive = _workspace.In(name + ".tar");
        string command = $"umask {umask}; exec taskset -c {cores} \"$@\"";
        (await CairnProgram.RunAsync(new Invocation(
            "/bin/sh",
            [
                "-c", command, "sh", CairnProgram.Launcher, "build", "--root", _workspace.In(name + "-root"), "--progress", "plain",
                "-o", $"type=oci,dest={archive}", context,
            ])
        {
            Environment = new Dictionary<string, string> { ["SOURCE_DATE_EPOCH"] = "1700000000", ["TZ"] = zone },
        })).Succeeded();
        return await File.ReadAllBytesAsync(archive, TestContext.Current.CancellationToken);
    }

    // Equal but for what must not matter: the order in which the files were made, and their times.
    private string CreateContext(string name, IReadOnlyList<char> order) => CreateContext(name, new string([.. order]));

    private string CreateContext(string name, string order)
    {
        string context = _workspace.Context(name,
            Shell.Stage
            + """
            WORKDIR /made
            RUN for i in 1 2 3 4 5; do echo $i > file$i; done; mkdir -p d/e; ln -s file1 link; ln file2 hard; dd if=/dev/zero of=big bs=1M count=3
            COPY --link tree/ /tree/
            RUN rm -r /tree/a && date > /dev/null && chmod 700 /made/d
            LABEL made=here
            CMD ["sh"]
            """);
        foreach (char file in order)
        {
            _workspace.Write(Path.Combine(name, "tree", file.ToString(CultureInfo.InvariantCulture)), $"content of {file}");
        }

        return context;
    }
}
