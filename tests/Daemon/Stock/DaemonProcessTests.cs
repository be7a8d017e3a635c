using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cairn.Daemon.Tests.Support;
using Cairn.Integration.Tests;
using Cairn.Protos.Control;
using Cairn.Rpc.Client;
using Cairn.Wire.Methods;
using Xunit;

namespace Cairn.Daemon.Tests.Stock;

/// <summary>The daemon as a process: addresses, signals, supervisors, pages for operators.</summary>
public sealed class DaemonProcessTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_without_a_certificate_is_turned_away_and_one_with_it_is_served()
    {
        using var workspace = new Workspace();
        Certificates.Write(workspace);
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(
            workspace, "--addr", "tcp://127.0.0.1:0", "--tlscert", workspace.In("server.pem"), "--tlskey", workspace.In("server.key"), "--tlscacert", workspace.In("ca.pem"));
        await daemon.WaitForAsync(() => daemon.Log.Contains("running server on 127.0.0.1:", StringComparison.Ordinal));
        string port = daemon.Log.Split("running server on 127.0.0.1:")[1].Split('"')[0];
        string[] known = ["--addr", $"tcp://127.0.0.1:{port}", "--tlscacert", workspace.In("ca.pem")];

        (await CairnProgram.ExecAsync("buildctl", [.. known, "--tlscert", workspace.In("client.pem"), "--tlskey", workspace.In("client.key"), "debug", "info"])).Succeeded();
        Assert.NotEqual(0, (await CairnProgram.ExecAsync("buildctl", [.. known, "--timeout", "3", "debug", "info"])).ExitCode);
        (await daemon.BuildctlAsync("debug", "info")).Succeeded();
    }

    [Fact]
    public async Task Sigterm_lets_a_running_build_end_and_takes_no_new_one()
    {
        using var workspace = new Workspace();
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(workspace);
        string context = workspace.Context("ctx", Shell.Stage + $"RUN : {Mark(workspace)}; sleep 3; echo ended\n");
        Task<Finished> build = daemon.BuildxAsync("build", "--progress", "plain", context);
        await daemon.WaitForAsync(() => RunsStep(workspace));
        await daemon.SignalAsync("TERM");

        Assert.Contains("ended", (await build).Succeeded().Error, StringComparison.Ordinal);
        Assert.Equal(0, await daemon.EndAsync());
        Assert.Contains("letting those that run end", daemon.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_kill_with_a_build_in_flight_the_store_is_sound_and_the_history_says_interrupted()
    {
        using var workspace = new Workspace();
        string context = workspace.Context("ctx", Shell.Stage + $"RUN : {Mark(workspace)}; sleep 300; :\n");
        Task<Finished> build;
        await using (DaemonProcess daemon = await DaemonProcess.StartAsync(workspace))
        {
            build = daemon.BuildxAsync("build", "--progress", "plain", context);
            await daemon.WaitForAsync(() => RunsStep(workspace));
            await daemon.SignalAsync("KILL");
            await daemon.EndAsync();
        }

        Assert.NotEqual(0, (await build).ExitCode);
        await using DaemonProcess again = await DaemonProcess.StartAsync(workspace);
        Finished list = (await again.BuildxAsync("history", "inspect")).Succeeded();
        Assert.Contains("interrupted", list.Output, StringComparison.Ordinal);
        workspace.Write("ctx/Dockerfile", Shell.Stage + "RUN true\n");
        (await again.BuildxAsync("build", context)).Succeeded();
        (await CairnProgram.RunAsync("store", "verify", "--root", workspace.Root)).Succeeded();
    }

    [Fact]
    public async Task A_second_daemon_on_the_same_store_or_address_is_refused_in_words()
    {
        using var workspace = new Workspace();
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(workspace);
        string none = workspace.In("none.toml");
        Finished store = (await CairnProgram.RunAsync("daemon", "--config", none, "--root", workspace.Root, "--addr", "unix://" + workspace.In("e.sock"))).FailedWith(1);
        Assert.Contains("another instance running?", store.Error, StringComparison.Ordinal);
        Finished address = (await CairnProgram.RunAsync("daemon", "--config", none, "--root", workspace.In("other"), "--addr", daemon.Address)).FailedWith(1);
        Assert.Contains($"cannot listen on {daemon.Socket}", address.Error, StringComparison.Ordinal);
        (await daemon.BuildctlAsync("debug", "info")).Succeeded();
        Finished words = (await CairnProgram.RunAsync("daemon", "--addr", "/no/scheme", "--config", none, "--root", workspace.In("third"))).FailedWith(1);
        Assert.Contains("address /no/scheme does not contain proto, you meant unix:///no/scheme ?", words.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dead_socket_file_is_replaced_and_a_live_one_has_the_mode_and_group_that_were_asked_for()
    {
        using var workspace = new Workspace();
        await using (DaemonProcess first = await DaemonProcess.StartAsync(workspace))
        {
            await first.SignalAsync("KILL");
            await first.EndAsync();
        }

        Assert.True(File.Exists(workspace.In("d.sock")));
        await using DaemonProcess second = await DaemonProcess.StartAsync(workspace, "--group", "12345");
        Assert.Equal("660 12345\n", (await CairnProgram.ExecAsync("stat", "-c", "%a %g", second.Socket)).Succeeded().Output);
    }

    [Fact]
    public async Task The_supervisor_hears_of_readiness_and_of_the_end()
    {
        using var workspace = new Workspace();
        using var supervisor = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        supervisor.Bind(new UnixDomainSocketEndPoint(workspace.In("notify")));
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(
            workspace, new Dictionary<string, string> { ["NOTIFY_SOCKET"] = workspace.In("notify") }, []);
        byte[] buffer = new byte[64];
        Assert.Equal("READY=1", System.Text.Encoding.UTF8.GetString(buffer, 0, await supervisor.ReceiveAsync(buffer, Token)));
        await daemon.SignalAsync("TERM");
        Assert.Equal("STOPPING=1", System.Text.Encoding.UTF8.GetString(buffer, 0, await supervisor.ReceiveAsync(buffer, Token)));
        Assert.Equal(0, await daemon.EndAsync());
    }

    [Fact]
    public async Task A_socket_that_the_supervisor_has_opened_is_served()
    {
        using var workspace = new Workspace();
        string socket = workspace.In("passed.sock");
        const string Activate = """
            use Socket; use POSIX;
            $^F = 10;
            socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die; bind($s, pack_sockaddr_un($ARGV[0])) or die; listen($s, 5) or die;
            POSIX::dup2(fileno($s), 3) unless fileno($s) == 3;
            $ENV{LISTEN_FDS} = 1; $ENV{LISTEN_PID} = $$; shift @ARGV; exec @ARGV;
            """;
        using var daemon = CairnProgram.Start(new Invocation(
            "perl", ["-e", Activate, socket, CairnProgram.Launcher, "daemon", "--config", workspace.In("none.toml"), "--root", workspace.Root, "--addr", "fd://"]));
        try
        {
            // The kernel keeps the caller until the daemon is there.
            (await CairnProgram.ExecAsync("sh", "-c", $"while [ ! -S {socket} ]; do sleep 0.05; done")).Succeeded();
            (await CairnProgram.ExecAsync("buildctl", "--timeout", "60", "--addr", "unix://" + socket, "debug", "info")).Succeeded();
        }
        finally
        {
            daemon.Kill();
            await daemon.WaitForExitAsync(Token);
        }
    }

    [Fact]
    public async Task The_standard_streams_reach_the_daemon()
    {
        using var workspace = new Workspace();
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(workspace);
        using var dialer = CairnProgram.Start(new Invocation(CairnProgram.Launcher, ["dial-stdio", "--addr", daemon.Address]));
        await using (RpcChannel channel = RpcChannel.Over(new Joined(dialer.StandardOutput.BaseStream, dialer.StandardInput.BaseStream), new RpcChannelOptions()))
        {
            InfoResponse info = await channel.CallAsync(ControlMethods.Info, new InfoRequest(), new RpcCallOptions(), Token);
            Assert.NotEmpty(info.BuildkitVersion.Version);
        }

        dialer.Kill();
        await dialer.WaitForExitAsync(Token);
    }

    [Fact]
    public async Task Operators_read_metrics_and_change_limits_without_a_restart()
    {
        using var workspace = new Workspace();
        int port;
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        workspace.Write("none.toml", "[history]\nmaxEntries = 5\nmaxAge = \"1h\"\n");
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(workspace, "--debugaddr", $"127.0.0.1:{port}", "--log-format", "json");
        string context = workspace.Context("ctx", "FROM scratch\nCOPY busybox /b\n");
        (await daemon.BuildxAsync("build", context)).Succeeded();
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        string metrics = await client.GetStringAsync("/metrics", Token);
        Assert.Contains("cairn_builds_total{result=\"completed\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("cairn_build_duration_seconds_count 1\n", metrics, StringComparison.Ordinal);
        Assert.Equal("ok\n", await client.GetStringAsync("/healthz", Token));
        Assert.Contains("freed ", await client.GetStringAsync("/debug/gc", Token), StringComparison.Ordinal);
        Assert.Contains("\"builds\"", await client.GetStringAsync("/debug/vars", Token), StringComparison.Ordinal);
        Assert.Contains("{\"time\":", daemon.Log, StringComparison.Ordinal);

        workspace.Write("none.toml", "[worker.oci]\n[[worker.oci.gcpolicy]]\nall = true\nmaxUsedSpace = 77\n");
        await daemon.SignalAsync("HUP");
        await daemon.WaitForAsync(() => daemon.Log.Contains("SIGHUP", StringComparison.Ordinal));
        Assert.Contains("77B", (await daemon.BuildctlAsync("debug", "workers", "-v")).Succeeded().Output, StringComparison.Ordinal);
        workspace.Write("none.toml", "nonsense = 1\n");
        await daemon.SignalAsync("HUP");
        await daemon.WaitForAsync(() => daemon.Log.Contains("all stays as it is", StringComparison.Ordinal));
        (await daemon.BuildctlAsync("debug", "info")).Succeeded();
    }

    [Fact]
    public async Task Spans_of_a_build_and_its_steps_reach_the_collector()
    {
        using var workspace = new Workspace();
        using var collector = new HttpListener();
        int port;
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        collector.Prefixes.Add($"http://127.0.0.1:{port}/");
        collector.Start();
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(
            workspace, new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://127.0.0.1:{port}" }, []);
        (await daemon.BuildctlAsync(
            "build", "--frontend", "dockerfile.v0", "--local", $"context={workspace.Context("ctx", "FROM scratch\nCOPY busybox /b\n")}",
            "--local", $"dockerfile={workspace.In("ctx")}")).Succeeded();
        List<string> names = [];
        while (!names.Contains("[1/1] COPY busybox /b"))
        {
            HttpListenerContext call = await collector.GetContextAsync().WaitAsync(TimeSpan.FromSeconds(60), Token);
            var request = Protos.OpenTelemetry.ExportTraceServiceRequest.Parser.ParseFrom(call.Request.InputStream);
            names.AddRange(request.ResourceSpans.SelectMany(static r => r.ScopeSpans).SelectMany(static s => s.Spans).Select(static s => s.Name));
            call.Response.Close();
        }

        Assert.Contains("moby.buildkit.v1.Control/Solve", names);
    }

    private static string Mark(Workspace workspace) => "step-of-" + Path.GetFileName(workspace.Path);

    // The step's shell has the mark in its command line, and nothing else has.
    private static bool RunsStep(Workspace workspace)
    {
        string mark = Mark(workspace);
        foreach (string process in Directory.EnumerateDirectories("/proc").Where(static path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            try
            {
                if (File.ReadAllText(Path.Combine(process, "cmdline")).Contains(mark, StringComparison.Ordinal))
                {
                    return true;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended in the meantime.
            }
        }

        return false;
    }

    private static class Certificates
    {
        public static void Write(Workspace workspace)
        {
            using var caKey = RSA.Create(2048);
            var caRequest = new CertificateRequest("CN=ca", caKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            caRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            DateTimeOffset now = TimeProvider.System.GetUtcNow();
            using X509Certificate2 ca = caRequest.CreateSelfSigned(now.AddHours(-1), now.AddDays(1));
            workspace.Write("ca.pem", ca.ExportCertificatePem());
            foreach (string name in (string[])["server", "client"])
            {
                using var key = RSA.Create(2048);
                var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
                var names = new SubjectAlternativeNameBuilder();
                names.AddIpAddress(IPAddress.Loopback);
                request.CertificateExtensions.Add(names.Build());
                request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
                using X509Certificate2 certificate = request.Create(ca, now.AddHours(-1), now.AddHours(12), RandomNumberGenerator.GetBytes(8));
                workspace.Write($"{name}.pem", certificate.ExportCertificatePem());
                workspace.Write($"{name}.key", key.ExportPkcs8PrivateKeyPem());
            }
        }
    }

    /// <summary>One stream that reads here and writes there.</summary>
    private sealed class Joined(Stream input, Stream output) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => input.ReadAsync(buffer, cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => input.Read(buffer, offset, count);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await output.WriteAsync(buffer, cancellationToken);
            await output.FlushAsync(cancellationToken);
        }

        public override void Write(byte[] buffer, int offset, int count) => output.Write(buffer, offset, count);

        public override void Flush() => output.Flush();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
