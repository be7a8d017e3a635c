using System.Diagnostics;
using Cairn.Llb;
using Cairn.Protos.Pb;
using Cairn.Solver.Execution;
using Xunit;

namespace Cairn.Solver.Tests.Execution;

/// <summary>What both runtimes must do alike, on real containers.</summary>
public abstract partial class ContainerExecutorTests : IDisposable
{
    private readonly ExecutorBench _bench;

    protected ContainerExecutorTests(string runtime) => _bench = new ExecutorBench(runtime);

    [Fact]
    public async Task Both_streams_and_the_exit_code_arrive()
    {
        ExecExit exit = await _bench.RunAsync("echo out; echo err >&2; exit 42");

        Assert.Equal(new ExecExit(42, WasOutOfMemory: false), exit);
        Assert.Equal("out\n", _bench.Recorded.Output);
        Assert.Equal("err\n", _bench.Recorded.Errors);
    }

    [Fact]
    public async Task Output_arrives_while_the_process_runs()
    {
        string wait = _bench.Root.Write("/wait", "");
        Task<ExecExit> run = _bench.RunAsync("echo started; while [ -e /wait ]; do sleep 0.01; done; echo ended");
        await _bench.Recorded.SeenAsync("started").WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.False(run.IsCompleted);

        File.Delete(wait);

        Assert.Equal(0, (await run).Code);
        Assert.Equal("started\nended\n", _bench.Recorded.Output);
    }

    [Fact]
    public async Task Nothing_is_left_after_a_run()
    {
        string[] before = Tree();
        DateTime root = Directory.GetLastWriteTimeUtc(_bench.Root.Path);

        await _bench.OutputOfAsync("true");

        Assert.Empty(_bench.Leftovers());
        Assert.Equal(before, Tree());
        Assert.Equal(root, Directory.GetLastWriteTimeUtc(_bench.Root.Path));
    }

    [Fact]
    public async Task Cancelling_kills_the_container_and_leaves_nothing()
    {
        using var cancellation = new CancellationTokenSource();
        Task<ExecExit> run = _bench.RunAsync("trap '' TERM INT; echo started; (sleep 1000 &) ; while :; do sleep 1000; done", null, cancellation.Token);
        await _bench.Recorded.SeenAsync("started").WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        long begun = Stopwatch.GetTimestamp();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.True(Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(5));
        Assert.Empty(_bench.Leftovers());
    }

    [Fact]
    public async Task Cancelling_at_any_moment_of_the_start_leaves_nothing()
    {
        await _bench.OutputOfAsync("true");   // the runtime is known now
        for (int milliseconds = 0; milliseconds < 30; milliseconds += 3)
        {
            using var cancellation = new CancellationTokenSource(milliseconds);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _bench.RunAsync("sleep 1000", null, cancellation.Token));
        }

        Assert.Empty(_bench.Leftovers());
    }

    [Fact]
    public async Task A_killed_runtime_is_an_error_that_says_so_and_leaves_nothing()
    {
        Task<ExecExit> run = _bench.RunAsync("echo started; sleep 1000");
        await _bench.Recorded.SeenAsync("started").WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        foreach (Process runtime in Process.GetProcesses().Where(IsOurRuntime))
        {
            runtime.Kill();
        }

        BuildException error = await Assert.ThrowsAsync<BuildException>(() => run);
        Assert.Equal(ErrorKind.Environment, error.Kind);
        Assert.Contains("before the container did", error.Message, StringComparison.Ordinal);
        Assert.Empty(_bench.Leftovers());
    }

    [Fact]
    public async Task The_containers_of_a_dead_instance_are_killed()
    {
        Task<ExecExit> run = _bench.RunAsync("echo started; sleep 1000");
        await _bench.Recorded.SeenAsync("started").WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        DeadContainers.Kill(_bench.Options.InstanceId, _bench.Options.RunDirectory);

        Assert.Equal(137, (await run).Code);
        Assert.Empty(_bench.Leftovers());
    }

    [Theory]
    [InlineData("nonexistent", 127, "nonexistent")]
    [InlineData("/no/such/program", 127, "/no/such/program")]
    [InlineData("/etc/plain", 126, "ermission denied")]
    public async Task A_program_that_cannot_be_started_is_an_exit_code_with_the_reason_in_the_log(string program, int code, string reason)
    {
        _bench.Root.Write("/etc/plain", "text");
        var output = new RecordedOutput();

        ExecExit exit = await _bench.Executor.RunAsync(_bench.Request(program), output, TestContext.Current.CancellationToken);

        Assert.Equal(code, exit.Code);
        Assert.Contains(reason, output.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_process_is_alone_in_a_sandbox()
    {
        Assert.Equal("1\n", await _bench.OutputOfAsync("echo $$"));
        Assert.Equal("buildkitsandbox\n", await _bench.OutputOfAsync("hostname"));
        Assert.Equal("named\n", await _bench.OutputOfAsync("hostname", request => request with { HostName = "named" }));
        Assert.Equal("0022\n", await _bench.OutputOfAsync("umask"));
        string capabilities = await _bench.OutputOfAsync("grep CapEff /proc/self/status");
        Assert.Contains("00000000a80425fb", capabilities, StringComparison.Ordinal);
        Assert.Equal("2\n", await _bench.OutputOfAsync("grep -w Seccomp /proc/self/status | tr -dc '0-9\\n'"));
        Assert.NotEqual(0, (await _bench.RunAsync("unshare -m true")).Code);
        Assert.NotEqual(0, (await _bench.RunAsync("mount -t tmpfs none /bin")).Code);
        Assert.NotEqual(0, (await _bench.RunAsync("echo 1 > /proc/sys/kernel/printk")).Code);
        Assert.NotEqual(0, (await _bench.RunAsync("mkdir /sys/x")).Code);
        Assert.Equal("0\n", await _bench.OutputOfAsync("ls /proc/acpi /sys/firmware 2>/dev/null | grep -v : | grep -c . || true"));
        Assert.Equal("drwxrwxrwt\n", await _bench.OutputOfAsync("stat -c %A /dev/shm"));
        Assert.Equal("no\n", await _bench.OutputOfAsync("if [ -e /run ]; then echo yes; else echo no; fi"));
    }

    [Fact]
    public async Task A_disk_of_this_machine_cannot_be_opened_through_a_device_file()
    {
        ExecExit exit = await _bench.RunAsync("mknod /disk b 254 0 && head -c 1 /disk");

        Assert.NotEqual(0, exit.Code);
    }

    [Fact]
    public async Task An_insecure_process_has_all_rights_of_this_one()
    {
        string own = File.ReadLines("/proc/self/status").First(line => line.StartsWith("CapEff", StringComparison.Ordinal));

        string inside = await _bench.OutputOfAsync("grep CapEff /proc/self/status; mount -t tmpfs none /bin && echo mounted", request => request with { Security = SecurityMode.Insecure });

        Assert.Equal(own + "\nmounted\n", inside);
    }

    [Fact]
    public async Task The_network_is_this_machines_or_none()
    {
        string own = Directory.GetDirectories("/sys/class/net").Length.ToString(System.Globalization.CultureInfo.InvariantCulture) + "\n";
        Assert.Equal(own, await _bench.OutputOfAsync("ls /sys/class/net | wc -l"));
        Assert.Equal(File.ReadAllText("/etc/resolv.conf"), await _bench.OutputOfAsync("cat /etc/resolv.conf"));

        string alone = await _bench.OutputOfAsync("ip link", request => request with { Network = NetMode.None });

        Assert.Contains("lo: <LOOPBACK,UP", alone, StringComparison.Ordinal);
        Assert.DoesNotContain("2:", alone, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Extra_hosts_stand_in_the_hosts_file()
    {
        string hosts = await _bench.OutputOfAsync("cat /etc/hosts", request => request with { ExtraHosts = [new HostIP { Host = "box", IP = "10.0.0.7" }] });

        Assert.Equal("127.0.0.1\tlocalhost buildkitsandbox\n::1\tlocalhost ip6-localhost ip6-loopback\n10.0.0.7\tbox\n", hosts);
    }

    [Fact]
    public async Task Users_are_looked_up_in_the_root()
    {
        _bench.Root.Write("/etc/passwd", "root:x:0:0::/:/bin/sh\nann:x:1001:1002::/:/bin/sh\n");
        _bench.Root.Write("/etc/group", "root:x:0:\nann:x:1002:\nwheel:x:10:root,ann\nother:x:77:\n");
        Assert.Equal("uid=0(root) gid=0(root) groups=0(root),10(wheel)\n", await IdAsync(""));
        Assert.Equal("uid=1001(ann) gid=1002(ann) groups=10(wheel),1002(ann)\n", await IdAsync("ann"));
        Assert.Equal("uid=1001(ann) gid=1002(ann) groups=10(wheel),1002(ann)\n", await IdAsync("1001"));
        Assert.Equal("uid=1001(ann) gid=77(other) groups=77(other)\n", await IdAsync("ann:other"));
        Assert.Equal("uid=5 gid=6 groups=6\n", await IdAsync("5:6"));
        Assert.Equal("uid=5 gid=0(root) groups=0(root)\n", await IdAsync("5"));

        BuildException error = await Assert.ThrowsAsync<BuildException>(() => IdAsync("nobody"));
        Assert.Equal("unable to find user nobody: no matching entries in passwd file", error.Message);

        Task<string> IdAsync(string user) => _bench.OutputOfAsync("id", request => request with { User = user });
    }

    [Fact]
    public async Task A_missing_working_directory_is_made_for_the_user()
    {
        string text = await _bench.OutputOfAsync("pwd; stat -c '%U %a' . ; stat -c %u .", request => request with { WorkingDirectory = "/a/b", User = "7:8" });

        Assert.StartsWith("/a/b\n", text, StringComparison.Ordinal);
        Assert.EndsWith(" 755\n7\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mounts_are_seen_and_their_mount_points_are_gone_afterwards()
    {
        string shared = Directory.CreateDirectory(Path.Combine(_bench.Directory, "shared")).FullName;
        string secret = Path.Combine(_bench.Directory, "secret");
        File.WriteAllText(secret, "hidden");
        string[] before = Tree();
        ExecMount[] mounts =
        [
            new TmpfsMount("/x/tmp", 1 << 20, ReadOnly: false),
            new BindMount("/x/deep/shared", shared),
            new BindMount("/x/ro", shared) { ReadOnly = true },
            new BindMount("/run/secrets/s", secret) { ReadOnly = true, IsFile = true, Inert = true, NoExecute = true },
        ];

        string text = await _bench.OutputOfAsync(
            "cat /run/secrets/s; echo; echo data > /x/deep/shared/file; cat /x/ro/file; touch /x/ro/no 2>/dev/null || echo refused; stat -f -c %T /x/tmp; touch /x/tmp/t && head -c 2000000 /dev/zero > /x/tmp/big 2>/dev/null || echo full",
            request => request with { Mounts = mounts });

        Assert.Equal("hidden\ndata\nrefused\ntmpfs\nfull\n", text);
        Assert.Equal("data\n", File.ReadAllText(Path.Combine(shared, "file")));
        Assert.Equal(before, Tree());
    }

    [Fact]
    public async Task What_the_process_writes_beside_a_mount_point_stays()
    {
        string source = Directory.CreateDirectory(Path.Combine(_bench.Directory, "source")).FullName;

        await _bench.OutputOfAsync("echo kept > /m/file", request => request with { Mounts = [new BindMount("/m/mount", source)] });

        Assert.Equal("kept\n", File.ReadAllText(_bench.Root.Path + "/m/file"));
        Assert.False(Directory.Exists(_bench.Root.Path + "/m/mount"));
    }

    [Fact]
    public async Task A_read_only_root_refuses_writes_but_has_its_mounts()
    {
        string text = await _bench.OutputOfAsync(
            "touch /no 2>/dev/null || echo refused; touch /tmp/yes && echo written",
            request => request with { IsReadOnlyRoot = true, Mounts = [new TmpfsMount("/tmp", 0, ReadOnly: false)] });

        Assert.Equal("refused\nwritten\n", text);
    }

    [Fact]
    public async Task Limits_of_the_process_are_set()
    {
        string text = await _bench.OutputOfAsync("ulimit -n; ulimit -Hn", request => request with { Ulimits = [new Ulimit { Name = "nofile", Soft = 123, Hard = 456 }] });

        Assert.Equal("123\n456\n", text);
    }

    [Fact]
    public async Task A_process_that_exceeds_its_memory_is_reported_as_that()
    {
        ExecExit exit = await _bench.RunAsync("x=$(head -c 100000000 /dev/zero | tr '\\0' x); echo $?", request => request with { Resources = new LinuxResources { Memory = 20 << 20 } });

        Assert.Equal(new ExecExit(137, WasOutOfMemory: true), exit);
    }

    [Fact]
    public async Task A_process_cannot_have_more_processes_than_its_limit()
    {
        const string Script = "i=0; while [ $i -lt 60 ]; do sleep 60 & i=$((i+1)); done; kill $(jobs -p); wait; echo started $i";

        Assert.Equal("started 60\n", await _bench.OutputOfAsync(Script, request => request with { MostProcesses = 200 }));
        ExecExit exit = await _bench.RunAsync(Script, request => request with { MostProcesses = 20 });

        Assert.NotEqual(0, exit.Code);
        Assert.Contains("fork", _bench.Recorded.Errors + _bench.Recorded.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lots_of_output_arrive_whole()
    {
        await _bench.OutputOfAsync("head -c 5000000 /dev/zero | tr '\\0' x");

        Assert.Equal(5_000_000, _bench.Recorded.Output.Length);
    }

    public void Dispose()
    {
        _bench.Dispose();
        GC.SuppressFinalize(this);
    }

    private string[] Tree() => [.. Directory.EnumerateFileSystemEntries(_bench.Root.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private bool IsOurRuntime(Process process)
    {
        string command = $"/proc/{process.Id}/cmdline";
        return File.Exists(command) && File.ReadAllText(command).Contains($"run\0--bundle\0{_bench.Options.RunDirectory}", StringComparison.Ordinal);
    }
}
