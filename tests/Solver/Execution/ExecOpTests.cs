using Cairn.Llb;
using Cairn.Llb.Building;
using Cairn.Protos.Pb;
using Cairn.Solver.Ops;
using Cairn.Solver.Sessions;
using Xunit;

namespace Cairn.Solver.Tests.Execution;

/// <summary>Exec ops on a real store, on overlay and on plain directories, in real containers.</summary>
public abstract class ExecOpTests : IAsyncLifetime
{
    private readonly OpBench _bench;
    private readonly State _box;

    protected ExecOpTests(string driver)
    {
        _bench = new OpBench(driver);
        _box = _bench.Busybox();
    }

    [Fact]
    public async Task What_a_process_writes_becomes_the_result_and_stays_out_of_its_input()
    {
        State written = Sh(_box, "echo hello > /file; rm /bin/ip");

        Assert.Equal("hello\n", await _bench.ReadAsync(written, "/file"));
        string[] inside = await _bench.ListAsync(written);
        Assert.DoesNotContain(inside, line => line.StartsWith("/bin/ip ", StringComparison.Ordinal));
        string[] before = await _bench.ListAsync(_box);
        Assert.Contains(before, line => line.StartsWith("/bin/ip ", StringComparison.Ordinal));
        Assert.DoesNotContain(before, line => line.StartsWith("/file", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_step_that_changes_nothing_makes_an_empty_layer() =>
        Assert.Empty(await _bench.TopLayerAsync(Sh(_box, ":")));

    [Fact]
    public async Task Twenty_steps_in_a_row_see_each_other()
    {
        State state = _box;
        for (int i = 0; i < 20; i++)
        {
            state = Sh(state, $"echo {i} >> /log");
        }

        Assert.Equal(string.Concat(Enumerable.Range(0, 20).Select(i => $"{i}\n")), await _bench.ReadAsync(state, "/log"));
    }

    [Fact]
    public async Task A_failing_process_is_named_with_its_exit_code()
    {
        BuildException error = await Assert.ThrowsAnyAsync<BuildException>(() => _bench.SolveAsync(Sh(_box, "echo \"a\tb\"; exit 7")));

        Assert.Equal("process \"/bin/sh -c echo \\\"a\\tb\\\"; exit 7\" did not complete successfully: exit code: 7", error.Message);
        Assert.Equal(ErrorKind.Input, error.Kind);
        Assert.Equal("a\tb\n", _bench.Log);
    }

    [Fact]
    public async Task Other_exit_codes_than_zero_can_be_valid()
    {
        Assert.Equal("x\n", await _bench.ReadAsync(Run(_box, "echo x > /x; exit 3", o => o with { ValidExitCodes = [3, 4] }), "/x"));

        await Assert.ThrowsAnyAsync<BuildException>(() => _bench.SolveAsync(Run(_box, ":", o => o with { ValidExitCodes = [3, 4] })));
    }

    [Fact]
    public async Task Too_much_output_is_clipped_and_its_end_is_shown_when_the_step_fails()
    {
        await Assert.ThrowsAnyAsync<BuildException>(() => _bench.SolveAsync(Sh(_box, "head -c 9000 /dev/zero | tr '\\0' x; echo; echo the end; exit 1")));

        Assert.Contains("[output clipped, log limit 4KiB reached]\n", _bench.Log, StringComparison.Ordinal);
        Assert.EndsWith("x\nthe end\n", _bench.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_environment_is_that_of_the_op_with_proxies_a_path_and_secrets()
    {
        Provide(new Dictionary<string, Func<byte[]?>> { ["token"] = () => "s3cret"u8.ToArray() });
        State state = Run(_box.WithEnv("A", "1"), "env > /env", o => o with
        {
            Arguments = ["/bin/sh", "-c", "/bin/env > /env"],
            Proxy = new ProxyEnv { HttpProxy = "http://p", NoProxy = "x" },
            Secrets = [new RunSecret("token") { Variable = "TOKEN" }, new RunSecret("absent") { Variable = "NONE", IsOptional = true }],
        });

        string[] lines = (await _bench.ReadAsync(state, "/env")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (string expected in new[] { "A=1", "HTTP_PROXY=http://p", "http_proxy=http://p", "NO_PROXY=x", "no_proxy=x", "TOKEN=s3cret", "NONE=", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" })
        {
            Assert.Contains(expected, lines);
        }
    }

    [Fact]
    public async Task A_secret_is_a_private_file_that_stays_out_of_the_result()
    {
        Provide(new Dictionary<string, Func<byte[]?>> { ["token"] = () => "s3cret"u8.ToArray() });
        State state = Run(_box, "cat /run/secrets/token > /seen; stat -c '%a %u' /run/secrets/token >> /seen; stat -f -c %T /run/secrets/token >> /seen", o => o with
        {
            Secrets = [new RunSecret("token") { Target = "/run/secrets/token", UserId = 0, Mode = 0x100 }],
        });

        Assert.Equal("s3cret400 0\ntmpfs\n", await _bench.ReadAsync(state, "/seen"));
        Assert.DoesNotContain(await _bench.ListAsync(state), line => line.StartsWith("/run", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_missing_secret_is_an_error_unless_the_step_can_do_without()
    {
        BuildException error = await Assert.ThrowsAnyAsync<BuildException>(() => _bench.SolveAsync(Run(_box, ":", o => o with
        {
            Secrets = [new RunSecret("absent") { Target = "/s" }],
        })));
        Assert.Equal("secret absent: not found", error.Message);

        State without = Run(_box, "test ! -e /s && echo fine > /x", o => o with { Secrets = [new RunSecret("absent") { Target = "/s", IsOptional = true }] });
        Assert.Equal("fine\n", await _bench.ReadAsync(without, "/x"));
    }

    [Fact]
    public async Task An_agent_of_the_client_is_a_socket_inside()
    {
        _bench.Sessions = [new InProcessSession(new InProcessSessionOptions { Id = "one", Ssh = new SshSockets(new Dictionary<string, string> { ["default"] = "/nowhere" }) })];

        State state = Run(_box, "test -S $SSH_AUTH_SOCK && stat -c '%a %u' $SSH_AUTH_SOCK > /seen", o => o with { SshSockets = [new RunSshSocket { Target = "/agent.sock", UserId = 9 }] });

        Assert.Equal("600 9\n", await _bench.ReadAsync(state, "/seen"));
        Assert.DoesNotContain(await _bench.ListAsync(state), line => line.StartsWith("/agent", StringComparison.Ordinal));
        BuildException error = await Assert.ThrowsAnyAsync<BuildException>(() => _bench.SolveAsync(Run(_box, ":", o => o with { SshSockets = [new RunSshSocket { Id = "other" }] })));
        Assert.Equal("no SSH key \"other\" forwarded from the client", error.Message);
    }

    [Fact]
    public async Task A_bind_mount_shows_part_of_another_tree_and_keeps_no_writes()
    {
        State context = _bench.Local("context", directory =>
        {
            Directory.CreateDirectory(Path.Combine(directory, "sub"));
            File.WriteAllText(Path.Combine(directory, "sub", "f"), "text");
            File.CreateSymbolicLink(Path.Combine(directory, "link"), "/sub");
            File.CreateSymbolicLink(Path.Combine(directory, "out"), "../../../../etc");
        });
        State state = Run(_box, "cat /ro/f /rw/f /file > /seen; echo more > /rw/f; (touch /ro/x || echo refused >> /seen) 2>/dev/null", o => o with
        {
            Mounts =
            [
                RunMount.Bind("/ro", context, selector: "link", isReadOnly: true),
                RunMount.Bind("/rw", context, selector: "/sub", hasNoOutput: true),
                RunMount.Bind("/file", context, selector: "/sub/f", isReadOnly: true),
            ],
        });

        Assert.Equal("texttexttextrefused\n", await _bench.ReadAsync(state, "/seen"));
        Assert.Equal("text", await _bench.ReadAsync(context, "/sub/f"));
        Assert.DoesNotContain(await _bench.ListAsync(state), line => line.StartsWith("/r", StringComparison.Ordinal));
        await Assert.ThrowsAnyAsync<BuildException>(() => _bench.SolveAsync(Run(_box, ":", o => o with { Mounts = [RunMount.Bind("/m", context, selector: "out", isReadOnly: true)] })));
    }

    [Fact]
    public async Task A_writable_mount_has_a_result_of_its_own()
    {
        State context = _bench.Local("context", directory => File.WriteAllText(Path.Combine(directory, "f"), "text"));
        RunResult result = _box.Run(new RunOptions
        {
            Arguments = ["/bin/sh", "-c", "echo more >> /m/f; echo root > /r"],
            Mounts = [RunMount.Bind("/m", context)],
        });

        Assert.Equal("textmore\n", await _bench.ReadAsync(result.Mount("/m"), "/f"));
        Assert.Equal("root\n", await _bench.ReadAsync(result.Root, "/r"));
    }

    [Fact]
    public async Task A_cache_mount_keeps_its_content_between_steps_and_out_of_the_result()
    {
        State first = Run(_box, "echo one >> /cache/log", o => o with { Mounts = [RunMount.CacheDirectory("/cache", "id")] });
        State second = Run(first, "cp_=$(cat /cache/log); echo $cp_ two > /seen", o => o with { Mounts = [RunMount.CacheDirectory("/cache", "id", CacheSharingOpt.Locked)] });

        Assert.Equal("one two\n", await _bench.ReadAsync(second, "/seen"));
        Assert.DoesNotContain(await _bench.ListAsync(second), line => line.StartsWith("/cache", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_cache_mount_begins_with_the_content_of_its_input()
    {
        State seed = State.Scratch.File(FileActions.None.MakeDirectory("/cache", 0x1c0, owner: Cairn.Llb.Building.FileOwner.Ids(5, 6)));
        State state = Run(_box, "stat -c '%u:%g %a' /c > /seen", o => o with { Mounts = [RunMount.CacheDirectory("/c", "seeded", source: seed, selector: "/cache")] });

        Assert.Equal("5:6 700\n", await _bench.ReadAsync(state, "/seen"));
    }

    [Fact]
    public async Task A_read_only_root_gives_its_input_a_process_that_cannot_write()
    {
        RunResult result = _box.Run(new RunOptions
        {
            Arguments = ["/bin/sh", "-c", "touch /x 2>/dev/null || echo refused > /out/said"],
            HasReadOnlyRoot = true,
            Mounts = [RunMount.Bind("/out", State.Scratch)],
        });

        Assert.Equal("refused\n", await _bench.ReadAsync(result.Mount("/out"), "/said"));
    }

    [Fact]
    public async Task The_key_of_a_mounted_input_is_its_content_but_that_of_the_root_is_not()
    {
        State context = State.Local("context");
        CacheMap map = await _bench.CacheMapAsync(Run(_box, ":", o => o with
        {
            Mounts = [RunMount.Bind("/a", context, selector: "/sub/../x", isReadOnly: true), RunMount.Bind("/b", context, selector: "y", isReadOnly: true)],
        }));

        Assert.Equal(2, map.Inputs.Count);
        Assert.Null(map.Inputs[0].Content);
        Assert.Equal(Digest.Sha256("/"u8), map.Inputs[0].Selector);
        Assert.Equal(["/x", "/y"], map.Inputs[1].Content!.Select(selector => selector.Path));
        Assert.Equal(Digest.Sha256("/x\0/y"u8), map.Inputs[1].Selector);
        Assert.False(map.Digest.IsRandom);
    }

    [Fact]
    public async Task A_content_key_that_cannot_be_is_refused()
    {
        State state = Run(_box, ":", o => o with { Mounts = [RunMount.Bind("/a", State.Local("context"), selector: "/x", contentCache: MountContentCache.On)] });

        BuildException error = await Assert.ThrowsAnyAsync<BuildException>(() => _bench.CacheMapAsync(state));
        Assert.Contains("/a", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Devices_that_nobody_offers_are_an_error_unless_optional()
    {
        await _bench.SolveAsync(Run(_box, ":", o => o with { Devices = [new CDIDevice { Name = "v/c=n", Optional = true }] }));

        BuildException error = await Assert.ThrowsAnyAsync<BuildException>(() => _bench.SolveAsync(Run(_box, ":", o => o with { Devices = [new CDIDevice { Name = "v/c=n" }] })));
        Assert.Equal("required device \"v/c=n\" is not registered", error.Message);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private static State Sh(State state, string script) => Run(state, script, options => options);

    private static State Run(State state, string script, Func<RunOptions, RunOptions> change) =>
        state.Run(change(new RunOptions { Arguments = ["/bin/sh", "-c", script] })).Root;

    private void Provide(IReadOnlyDictionary<string, Func<byte[]?>> secrets) =>
        _bench.Sessions = [new InProcessSession(new InProcessSessionOptions { Id = "one", Secrets = new SecretValues(secrets) })];
}
