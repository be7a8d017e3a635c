using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Cairn.Integration.Tests;
using Xunit;

namespace Cairn.Daemon.Tests.Support;

/// <summary>`cairn daemon` as a process of its own, with the stock clients beside it.</summary>
internal sealed class DaemonProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly StringBuilder _log = new();   // guarded by itself

    private DaemonProcess(Workspace workspace, Process process)
    {
        Workspace = workspace;
        _process = process;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (_log)
            {
                _log.Append(line.Data).Append('\n');
            }
        };
        process.OutputDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
    }

    public Workspace Workspace { get; }

    public string Socket => Workspace.In("d.sock");

    public string Address => "unix://" + Socket;

    public int Id => _process.Id;

    /// <summary>What it has logged so far.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Starts one over the workspace's store, listening on a unix socket, and waits until it does.</summary>
    public static Task<DaemonProcess> StartAsync(Workspace workspace, params IReadOnlyList<string> flags) =>
        StartAsync(workspace, new Dictionary<string, string>(), flags);

    public static async Task<DaemonProcess> StartAsync(Workspace workspace, IReadOnlyDictionary<string, string> environment, IReadOnlyList<string> flags)
    {
        Process process = CairnProgram.Start(new Invocation(
            CairnProgram.Launcher,
            ["daemon", "--root", workspace.Root, "--config", workspace.In("none.toml"), "--addr", "unix://" + workspace.In("d.sock"), .. flags])
        {
            Environment = environment,
        });
        process.StandardInput.Close();
        var daemon = new DaemonProcess(workspace, process);
        await daemon.WaitForAsync(() => daemon.Log.Contains("running server on", StringComparison.Ordinal) && daemon.IsAnswering());
        return daemon;
    }

    /// <summary>Runs docker-buildx against this daemon.</summary>
    public async Task<Finished> BuildxAsync(params IReadOnlyList<string> arguments) => await CairnProgram.RunAsync(await InvocationOfBuildxAsync(arguments));

    public async Task<Invocation> InvocationOfBuildxAsync(IReadOnlyList<string> arguments)
    {
        var environment = new Dictionary<string, string>
        {
            ["BUILDX_CONFIG"] = Workspace.In("buildx"), ["DOCKER_CONFIG"] = Workspace.In("docker"), ["BUILDX_BUILDER"] = "it",
        };
        if (!Directory.Exists(Workspace.In("buildx")))
        {
            (await CairnProgram.RunAsync(new Invocation("docker-buildx", ["create", "--driver", "remote", "--name", "it", Address]) { Environment = environment })).Succeeded();
        }

        return new Invocation("docker-buildx", arguments) { Environment = environment };
    }

    /// <summary>Runs buildctl against this daemon.</summary>
    public Task<Finished> BuildctlAsync(params IReadOnlyList<string> arguments) =>
        CairnProgram.RunAsync(new Invocation("buildctl", ["--addr", Address, .. arguments]) { Environment = new Dictionary<string, string> { ["DOCKER_CONFIG"] = Workspace.In("docker") } });

    /// <summary>Sends a signal by its number.</summary>
    public async Task SignalAsync(string signal) => (await CairnProgram.ExecAsync("/bin/kill", $"-{signal}", $"{Id}")).Succeeded();

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> EndAsync()
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Token);
        deadline.CancelAfter(Patience);
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    /// <summary>Waits until something is so, while the process lives.</summary>
    public async Task WaitForAsync(Func<bool> isSo)
    {
        var watch = Stopwatch.StartNew();
        while (!isSo())
        {
            Assert.False(_process.HasExited, $"the daemon has ended: {Log}");
            Assert.True(watch.Elapsed < Patience, $"the daemon did not get there: {Log}");
            await Task.Delay(20, Token);   // another process's state has no event to wait for
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private bool IsAnswering()
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(Socket));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
