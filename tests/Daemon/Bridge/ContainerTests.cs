using Cairn.Protos.Errdefs;
using Cairn.Protos.Gateway;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Wire.Errors;
using Cairn.Wire.Methods;
using Xunit;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Daemon.Tests.Bridge;

/// <summary>gateway.md, section 5: containers and processes, on a real runtime.</summary>
public sealed class ContainerTests
{
    [Fact]
    public async Task Processes_read_write_and_end_with_their_code()
    {
        await using BridgedEngine engine = BridgedEngine.Open();
        await using BridgeClient client = await BridgeClient.StartAsync(engine);
        await client.ContainerAsync("c");
        await using BridgeProcesses processes = await client.ExecAsync();

        await processes.StartAsync("first", "c", "echo ready; cat; echo bad >&2; exit 3");
        await processes.SeenAsync("first", "ready");
        await processes.StartAsync("second", "c", "echo $0 $TERM-; readlink /proc/1/exe", change: static init => init.Meta.Env.Add("TERM=x"));
        Assert.Equal(0u, (await processes.EndAsync("second")).Code);
        Assert.Equal("/bin/sh x-\n/bin/busybox\n", processes.Text("second"));

        await processes.TypeAsync("first", "typed");
        await processes.SeenAsync("first", "typed");
        await processes.TypeAsync("first", "", end: true);
        ExitMessage exit = await processes.EndAsync("first");

        Assert.Equal("bad\n", processes.Text("first", fd: 2));
        Assert.Equal((3u, "exit code: 3"), (exit.Code, exit.Error.Message));
        Assert.Contains(ErrorStatus.From(exit.Error).Details, static detail => detail is ExitMessage { Code: 3 });
        Assert.Equal([1u, 2u], processes.Of("first").Where(static message => message.File is { EOF: true }).Select(static message => message.File.Fd));

        await processes.StartAsync("late", "c", "true");
        Assert.Equal(255u, (await processes.EndAsync("late")).Code);   // the container ended with its first process
    }

    [Fact]
    public async Task A_process_at_a_terminal_knows_its_size_and_gets_signals()
    {
        await using BridgedEngine engine = BridgedEngine.Open();
        await using BridgeClient client = await BridgeClient.StartAsync(engine);
        await client.ContainerAsync("c");
        await using BridgeProcesses processes = await client.ExecAsync();

        await processes.StartAsync(
            "p", "c", "trap 'told=1' WINCH; trap 'exit 9' TERM; echo $TERM; test -t 0 && echo ready; until [ -n \"$told\" ] && [ \"$(stty size 2>&1)\" = '21 99' ]; do sleep 0.02; done; echo told; while :; do sleep 0.02; done",
            tty: true);
        await processes.SeenAsync("p", "ready");
        await processes.SendAsync(new ExecMessage { ProcessID = "p", Resize = new ResizeMessage { Rows = 21, Cols = 99 } });
        await processes.SeenAsync("p", "told");
        await processes.SendAsync(new ExecMessage { ProcessID = "p", Signal = new SignalMessage { Name = "TERM" } });

        Assert.Equal(9u, (await processes.EndAsync("p")).Code);
        Assert.StartsWith("xterm\r\n", processes.Text("p"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_mount_shows_is_as_it_was_asked_for_and_can_be_read()
    {
        await using BridgedEngine engine = BridgedEngine.Open();
        engine.Secrets["s"] = static () => "hidden"u8.ToArray();
        await using BridgeClient client = await BridgeClient.StartAsync(engine);
        string root = (await client.DockerfileAsync()).Ref.Id;
        await client.CallAsync(BridgeMethods.NewContainer, new NewContainerRequest
        {
            ContainerID = "c", Hostname = "box", Network = Pb.NetMode.None, ExtraHosts = { new Pb.HostIP { Host = "there", IP = "10.9.8.7" } },
            Mounts =
            {
                new Pb.Mount { Dest = "/", ResultID = root },
                new Pb.Mount { Dest = "/ro", ResultID = root, Selector = "/bin", Readonly = true },
                new Pb.Mount { Dest = "/run/s", MountType = Pb.MountType.Secret, SecretOpt = new Pb.SecretOpt { ID = "s", Mode = 0x100 } },
                new Pb.Mount { Dest = "/cache", MountType = Pb.MountType.Cache, CacheOpt = new Pb.CacheOpt { ID = "k" } },
            },
        });
        await using BridgeProcesses processes = await client.ExecAsync();

        await processes.StartAsync(
            "p", "c", "hostname; cat /run/s; echo; echo $V; grep -o there /etc/hosts; ls /sys/class/net; touch /ro/x || echo no; mkdir -p /d/e; echo new > /d/f; ln -s f /d/l; ln -s /ro/../../nowhere /d/o; echo kept > /cache/k; echo done; cat",
            change: static init => init.Secretenv.Add(new Pb.SecretEnv { ID = "s", Name = "V" }));
        await processes.SeenAsync("p", "done");

        Assert.Equal("box\nhidden\nhidden\nthere\nlo\nno\ndone\n", processes.Text("p"));
        Assert.Equal("new\n", (await client.CallAsync(BridgeMethods.ReadFileContainer, new ReadFileRequest { Ref = "c", FilePath = "/d/l" })).Data.ToStringUtf8());
        Assert.Equal("kept\n", (await client.CallAsync(BridgeMethods.ReadFileContainer, new ReadFileRequest { Ref = "c", FilePath = "k", MountIndex = 3 })).Data.ToStringUtf8());
        ReadDirResponse directory = await client.CallAsync(BridgeMethods.ReadDirContainer, new ReadDirRequest { Ref = "c", DirPath = "d" });
        Assert.Equal(["e", "f", "l", "o"], directory.Entries.Select(static entry => entry.Path));
        Assert.Equal("f", (await client.CallAsync(BridgeMethods.StatFileContainer, new StatFileRequest { Ref = "c", Path = "/d/l" })).Stat.Path);
        Assert.Equal("/ro/../../nowhere", (await client.CallAsync(BridgeMethods.StatFileContainer, new StatFileRequest { Ref = "c", Path = "/d/o" })).Stat.Linkname);
        Assert.Equal(StatusCode.Unknown, (await FailAsync(client.CallAsync(BridgeMethods.ReadFileContainer, new ReadFileRequest { Ref = "c", FilePath = "/x", MountIndex = 9 }))).Status.Code);
        RpcException missing = await FailAsync(client.CallAsync(BridgeMethods.ReadFile, new ReadFileRequest { Ref = root, FilePath = "/d/f" }));
        Assert.Equal("open /d/f: no such file or directory", missing.Status.Message);   // what processes write is a copy's
    }

    [Fact]
    public async Task Wrong_messages_are_refused_with_their_codes()
    {
        await using BridgedEngine engine = BridgedEngine.Open();
        await using BridgeClient client = await BridgeClient.StartAsync(engine);
        await client.ContainerAsync("c");

        Assert.Equal(StatusCode.AlreadyExists, (await FailAsync(client.ContainerAsync("c"))).Status.Code);
        Assert.Equal(StatusCode.NotFound, (await FailAsync(client.CallAsync(BridgeMethods.ReleaseContainer, new ReleaseContainerRequest { ContainerID = "d" }))).Status.Code);
        await FailAsync(client.CallAsync(BridgeMethods.NewContainer, new NewContainerRequest { ContainerID = "e" }));
        await FailAsync(client.CallAsync(BridgeMethods.NewContainer, new NewContainerRequest { ContainerID = "e", Mounts = { new Pb.Mount { Dest = "/", ResultID = "zz" } } }));

        await RefusedAsync(StatusCode.InvalidArgument, static p => p.StartAsync("", "c", "cat"));
        await RefusedAsync(StatusCode.NotFound, static p => p.StartAsync("p", "nowhere", "cat"));
        await RefusedAsync(StatusCode.NotFound, static p => p.TypeAsync("nobody", "x"));
        await RefusedAsync(StatusCode.InvalidArgument, static p => p.StartAsync("p", "c", "cat", change: static init => init.Fds.Add(5)));
        await RefusedAsync(StatusCode.AlreadyExists, async static p =>
        {
            await p.StartAsync("p", "c", "cat");
            await p.StartAsync("p", "c", "cat");
        });
        await client.ContainerAsync("c2");
        await RefusedAsync(StatusCode.OutOfRange, async static p =>
        {
            await p.StartAsync("p", "c2", "sleep 1000");
            await p.SendAsync(new ExecMessage { ProcessID = "p", File = new FdMessage { Fd = 1 } });
        });
        await client.ContainerAsync("c3");
        await RefusedAsync(StatusCode.InvalidArgument, async static p =>
        {
            await p.StartAsync("p", "c3", "sleep 1000");
            await p.SendAsync(new ExecMessage { ProcessID = "p", Signal = new SignalMessage { Name = "NOSUCH" } });
        });
        await client.ContainerAsync("c4", static request =>
        {
            request.Network = Pb.NetMode.Host;
            return request;
        });
        await using BridgeProcesses processes = await client.ExecAsync();
        await processes.StartAsync("p", "c4", "true");
        ExitMessage refused = await processes.EndAsync("p");
        Assert.Equal(255u, refused.Code);
        Assert.Contains("network.host is not allowed", refused.Error.Message, StringComparison.Ordinal);

        async Task RefusedAsync(StatusCode code, Func<BridgeProcesses, Task> send)
        {
            await using BridgeProcesses one = await client.ExecAsync();
            await send(one);
            Assert.Equal(code, (await FailAsync(one.EndedAsync())).Status.Code);
        }
    }

    [Fact]
    public async Task What_a_failed_step_left_can_be_looked_at()
    {
        await using BridgedEngine engine = BridgedEngine.Open();
        await using BridgeClient client = await BridgeClient.StartAsync(engine, "RUN echo before > /was\nRUN echo half > /done; exit 4\n");

        RpcException failure = await FailAsync(client.DockerfileAsync(evaluate: true));

        ErrorStatus status = ErrorStatus.From(failure.Status);
        Solve solve = Assert.Single(status.Details.OfType<Solve>());
        Assert.Contains("exit 4", string.Join(' ', solve.Op.Exec.Meta.Args), StringComparison.Ordinal);
        Assert.Equal(solve.Op.Exec.Mounts.Count, solve.MountIDs.Count);
        Assert.Equal(solve.Op.Exec.Mounts.Count, solve.InputIDs.Count);
        Assert.Single(status.Details.OfType<Vertex>());
        Assert.Equal(5, Assert.Single(status.Details.OfType<Source>()).Ranges[0].Start.Line);
        Assert.Equal(4u, Assert.Single(status.Details.OfType<ExitMessage>()).Code);

        Assert.Equal("before\nhalf\n", await LookAsync("after", solve.MountIDs[0]));
        Assert.Equal("before\n", await LookAsync("before", solve.InputIDs[0]));

        async Task<string> LookAsync(string container, string id)
        {
            await client.CallAsync(BridgeMethods.NewContainer, new NewContainerRequest { ContainerID = container, Mounts = { new Pb.Mount { Dest = "/", ResultID = id } } });
            await using BridgeProcesses processes = await client.ExecAsync();
            await processes.StartAsync("p", container, "cat /was /done");
            await processes.EndAsync("p");
            return processes.Text("p");
        }
    }

    [Fact]
    public async Task Nothing_is_left_when_the_client_is_gone()
    {
        await using BridgedEngine engine = BridgedEngine.Open();
        string mark = Guid.NewGuid().ToString("N");
        BridgeClient client = await BridgeClient.StartAsync(engine);
        await client.ContainerAsync("c");
        BridgeProcesses processes = await client.ExecAsync();
        await processes.StartAsync("p", "c", $"trap '' TERM; echo ready; : {mark}; while :; do sleep 1000; done");
        await processes.SeenAsync("p", "ready");
        await processes.StartAsync("q", "c", $"trap '' TERM; echo ready; : {mark}; while :; do sleep 1000; done", tty: true);
        await processes.SeenAsync("q", "ready");
        Assert.NotEmpty(Marked(mark));

        await client.Channel.DisposeAsync();

        await UntilAsync(() => Marked(mark).Count == 0, "the processes are gone");
        await using RpcChannel again = await engine.ConnectAsync();
        await client.EndOverAsync(again);
        await using (BridgeClient other = await BridgeClient.StartAsync(engine))
        {
            RpcException foreign = await FailAsync(other.CallAsync(BridgeMethods.ReleaseContainer, new ReleaseContainerRequest { ContainerID = "c" }));
            Assert.Equal(StatusCode.NotFound, foreign.Status.Code);
        }
    }

    private static async Task UntilAsync(Func<bool> outcome, string what)
    {
        for (int i = 0; !outcome(); i++)
        {
            Assert.True(i < 6000, $"a minute has passed and it is not so that {what}");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    private static List<string> Marked(string mark)
    {
        List<string> found = [];
        foreach (string process in Directory.EnumerateDirectories("/proc").Where(static path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            try
            {
                if (File.ReadAllText(Path.Combine(process, "cmdline")).Contains(mark, StringComparison.Ordinal))
                {
                    found.Add(process);
                }
            }
            catch (IOException)
            {
                // It ended meanwhile.
            }
        }

        return found;
    }

    private static Task<RpcException> FailAsync(Task call) => Assert.ThrowsAsync<RpcException>(() => call);
}
