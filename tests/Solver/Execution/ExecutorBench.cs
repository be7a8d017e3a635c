using Cairn.Protos.Pb;
using Cairn.Solver.Execution;
using Xunit;

namespace Cairn.Solver.Tests.Execution;

/// <summary>An executor with directories of its own and a root to run on.</summary>
internal sealed class ExecutorBench : IDisposable
{
    public ExecutorBench(string? runtime)
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("cairn-exec-").FullName;
        Options = new ContainerExecutorOptions
        {
            RunDirectory = Path.Combine(Directory, "run"),
            ProbeDirectory = Path.Combine(Directory, "probe"),
            InstanceId = Guid.NewGuid().ToString("n")[..16],
            Runtime = runtime,
        };
        Executor = new ContainerExecutor(Options);
        Root = new BusyboxRoot(Directory);
    }

    public string Directory { get; }

    public ContainerExecutorOptions Options { get; }

    public ContainerExecutor Executor { get; }

    public BusyboxRoot Root { get; }

    public RecordedOutput Recorded { get; private set; } = new();

    /// <summary>What the script printed to standard output.</summary>
    public async Task<string> OutputOfAsync(string script, Func<ExecRequest, ExecRequest>? change = null)
    {
        ExecExit exit = await RunAsync(script, change);
        Assert.True(exit.Code == 0, $"exit code {exit.Code}: {Recorded.Errors}{Recorded.Output}");
        return Recorded.Output;
    }

    public Task<ExecExit> RunAsync(string script, Func<ExecRequest, ExecRequest>? change = null, CancellationToken? cancellation = null)
    {
        Recorded = new RecordedOutput();
        ExecRequest request = Request("/bin/sh", "-c", script);
        return Executor.RunAsync(change?.Invoke(request) ?? request, Recorded, cancellation ?? TestContext.Current.CancellationToken);
    }

    public ExecRequest Request(params string[] arguments) => new()
    {
        RootPath = Root.Path,
        Arguments = arguments,
        Environment = ["PATH=/bin", "HOME=/root"],
        Network = NetMode.Unset,
        RemovesStubsRecursively = true,
    };

    /// <summary>Whatever a run could have left: records, bundles, mounts, processes, cgroups.</summary>
    public IReadOnlyList<string> Leftovers()
    {
        List<string> left = [];
        foreach (string part in new[] { "runtime", "bundles" })
        {
            string path = Path.Combine(Options.RunDirectory, part);
            left.AddRange(System.IO.Directory.Exists(path) ? System.IO.Directory.EnumerateFileSystemEntries(path) : []);
        }

        left.AddRange(File.ReadLines("/proc/self/mountinfo").Where(line => line.Contains(Directory, StringComparison.Ordinal)));
        left.AddRange(Processes().Where(line => line.Contains(Options.InstanceId, StringComparison.Ordinal)));
        foreach (string hierarchy in System.IO.Directory.EnumerateDirectories("/sys/fs/cgroup"))
        {
            left.AddRange(System.IO.Directory.EnumerateDirectories(hierarchy, $"*{Options.InstanceId}*"));
        }

        return left;
    }

    public void Dispose()
    {
        Executor.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private static IEnumerable<string> Processes()
    {
        foreach (string process in System.IO.Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            string command;
            try
            {
                if (File.ReadAllText(Path.Combine(process, "stat")).Contains(") Z", StringComparison.Ordinal))
                {
                    continue;   // it has ended; its parent is this machine's init, which has not asked yet
                }

                command = File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' ') + File.ReadAllText(Path.Combine(process, "cgroup"));
            }
            catch (IOException)
            {
                continue;   // it ended meanwhile
            }

            yield return command;
        }
    }
}
