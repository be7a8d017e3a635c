using Cairn.Llb;
using Cairn.Snapshotter.Trees;

namespace Cairn.Solver.Execution;

/// <summary>Runs processes in containers of crun or runc.</summary>
/// <remarks>
/// Everything of a container lies in the instance's run directory, and its name starts with the instance's, so that another process can
/// end what a killed one left: <see cref="DeadContainers"/>.
/// </remarks>
public sealed partial class ContainerExecutor : IExecutor, IDisposable
{
    private const string DefaultHostName = "buildkitsandbox";
    private const int Killed = 128 + 9;
    private const int NotFound = 127;
    private const int NotExecutable = 126;
    private static readonly TimeSpan KillRetry = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(10);

    private readonly ContainerExecutorOptions _options;
    private readonly HostFiles _hostFiles;
    private readonly string _state;
    private readonly SemaphoreSlim _probing = new(1, 1);
    private ContainerRuntime? _runtime;   // written once, under _probing
    private long _containers;

    /// <summary>Nothing is started before the first run.</summary>
    public ContainerExecutor(ContainerExecutorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _state = ContainerPaths.State(options.RunDirectory);
        _hostFiles = new HostFiles(Path.Combine(options.RunDirectory, "files"));
    }

    /// <inheritdoc/>
    public Task<ExecExit> RunAsync(ExecRequest request, IExecOutput output, CancellationToken cancellationToken) =>
        RunRequestAsync(request, output, live: null, cancellationToken);

    /// <inheritdoc/>
    public Task<ExecExit> RunAsync(ExecRequest request, IExecOutput output, LiveProcess live, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(live);
        ArgumentNullException.ThrowIfNull(request);
        return RunRequestAsync(request with { Console = live.Console }, output, live, cancellationToken);
    }

    /// <summary>Frees memory; runs must have ended.</summary>
    public void Dispose() => _probing.Dispose();

    private async Task<ExecExit> RunRequestAsync(ExecRequest request, IExecOutput output, LiveProcess? live, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(output);
        if (request.Arguments.Count == 0)
        {
            throw new BuildException(ErrorKind.Input, "run a process", "", "it has no arguments: not even a program is named");
        }

        cancellationToken.ThrowIfCancellationRequested();
        ContainerRuntime runtime = await RuntimeAsync(cancellationToken);
        string id = $"cairn-{_options.InstanceId}-{Interlocked.Increment(ref _containers)}";
        using RootedTree root = RootedTree.Open(request.RootPath);
        ExecUser user = ExecUser.Find(root, request.User);
        string hostName = request.HostName.Length > 0 ? request.HostName : DefaultHostName;
        var plan = new ContainerPlan(id, request, user, hostName, Mounts(request, hostName));
        MountStubs stubs = MountStubs.Make(root, plan.Mounts, request.RemovesStubsRecursively);
        try
        {
            MakeWorkingDirectory(root, plan);
            return await RunAsync(runtime, plan, output, live, cancellationToken);
        }
        finally
        {
            stubs.Remove();
        }
    }

    private async Task<ContainerRuntime> RuntimeAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _runtime) is ContainerRuntime known)
        {
            return known;
        }

        await _probing.WaitAsync(cancellationToken);
        try
        {
            if (_runtime is null)
            {
                ContainerRuntime found = await new RuntimeProbe(_options).FindAsync(cancellationToken);
                Directory.CreateDirectory(_state);
                RuntimeRecord.Write(ContainerPaths.Runtime(_options.RunDirectory), found with { Filter = null });   // for whoever finds a dead instance
                Volatile.Write(ref _runtime, found);
            }

            return _runtime!;
        }
        finally
        {
            _probing.Release();
        }
    }

    private List<ExecMount> Mounts(ExecRequest request, string hostName)
    {
        var mounts = new SortedDictionary<string, ExecMount>(StringComparer.Ordinal)
        {
            ["/etc/hosts"] = new BindMount("/etc/hosts", _hostFiles.Hosts(hostName, request.ExtraHosts)) { ReadOnly = true, IsFile = true },
            ["/etc/resolv.conf"] = new BindMount("/etc/resolv.conf", _hostFiles.Resolver(request.Network)) { ReadOnly = true, IsFile = true },
        };
        foreach (ExecMount mount in request.Mounts)
        {
            mounts[mount.Destination] = mount;
        }

        return [.. mounts.Values];
    }

    /// <summary>The runtimes would make it as root's.</summary>
    private static void MakeWorkingDirectory(RootedTree root, ContainerPlan plan)
    {
        string path = TreePath.Clean(plan.Request.WorkingDirectory);
        bool isMounted = plan.Mounts.Any(mount => path == mount.Destination || path.StartsWith(mount.Destination + "/", StringComparison.Ordinal));
        if (!isMounted && root.Status(path, followLinks: true) is null)
        {
            root.MakeDirectory(path, 0x1ed, new FileOwner(plan.User.Uid, plan.User.Gid), times: null, parents: true);   // 0755
        }
    }

    private async Task<ExecExit> RunAsync(
        ContainerRuntime runtime, ContainerPlan plan, IExecOutput output, LiveProcess? live, CancellationToken cancellationToken)
    {
        string bundle = ContainerPaths.Bundle(_options.RunDirectory, plan.Id);
        string log = Path.Combine(bundle, "log");
        Directory.CreateDirectory(bundle);
        try
        {
            using (FileStream file = File.Create(Path.Combine(bundle, "config.json")))
            {
                RuntimeSpec.Write(file, runtime, plan);
            }

            cancellationToken.ThrowIfCancellationRequested();
            List<string> arguments = ["--log", log, "--log-format", "json"];
            if (ContainerPaths.IsSlice(plan.Request.CgroupParent))
            {
                arguments.Add("--systemd-cgroup");
            }

            string pidFile = Path.Combine(bundle, "pid");
            arguments.AddRange(live is null ? ["run", "--bundle", bundle, plan.Id] : ["run", "--pid-file", pidFile, "--bundle", bundle, plan.Id]);
            IReadOnlyList<string> command = runtime.Command(_state, arguments);
            using RuntimeProcess process = live is not null ? live.Begin(command, output, pidFile, new RunningContainer(runtime, plan))
                : plan.Request.Console == ConsoleUse.Collected ? RuntimeProcess.Start(command, output)
                : RuntimeProcess.StartAttached(command);
            int code = await ExitAsync(runtime, plan.Id, process, cancellationToken);
            live?.End();
            bool runtimeDied = await RemoveIfLeftAsync(runtime, plan.Id);   // before the streams: a container that is left holds them
            await process.StreamsAsync();
            cancellationToken.ThrowIfCancellationRequested();
            return Judge(runtime, plan, code, runtimeDied, RuntimeLog.TryReadError(log));
        }
        finally
        {
            CgroupRemains.RemoveHidden(plan.Id);
            Directory.Delete(bundle, recursive: true);
        }
    }

    private async Task<int> ExitAsync(ContainerRuntime runtime, string id, RuntimeProcess process, CancellationToken cancellationToken)
    {
        Task<int> exit = process.ProgramExitAsync();
        try
        {
            return await exit.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (!exit.IsCompleted)
        {
            await KillAsync(runtime, id, process, exit);
            return await exit;
        }
    }

    /// <summary>Kills the container until its runtime has gone, too; a container that is only being made cannot be killed yet.</summary>
    private async Task KillAsync(ContainerRuntime runtime, string id, RuntimeProcess process, Task<int> exit)
    {
        long started = _options.Clock.GetTimestamp();
        while (!exit.IsCompleted)
        {
            await CallAsync(runtime, ["kill", id, "KILL"]);
            await Task.WhenAny(exit, Task.Delay(KillRetry, _options.Clock));
            if (!exit.IsCompleted && _options.Clock.GetElapsedTime(started) > KillPatience)
            {
                process.Kill();
                await CallAsync(runtime, ["delete", "--force", id]);
                await exit;
            }
        }
    }

    /// <summary>A runtime removes its records when it ends; one that was killed leaves them, and its container.</summary>
    private async Task<bool> RemoveIfLeftAsync(ContainerRuntime runtime, string id)
    {
        if (!Directory.Exists(Path.Combine(_state, id)))
        {
            return false;
        }

        await CallAsync(runtime, ["delete", "--force", id]);
        return true;
    }

    private async Task CallAsync(ContainerRuntime runtime, IReadOnlyList<string> arguments)
    {
        using RuntimeProcess process = RuntimeProcess.Start(runtime.Command(_state, arguments), new CollectedOutput());
        await process.ExitAsync();   // what it says does not matter: the caller looks at what is left
    }

    private static ExecExit Judge(ContainerRuntime runtime, ContainerPlan plan, int code, bool runtimeDied, string? error)
    {
        if (runtimeDied)
        {
            throw new BuildException(
                ErrorKind.Environment, "run the container", plan.Id, $"{runtime.Name} ended with code {code} before the container did",
                remedy: "Look for what killed it (the kernel log tells of a lack of memory), and build again.");
        }

        if (code != 0 && error is not null)
        {
            return RuntimeLog.IsAboutProgram(error)
                ? new ExecExit(RuntimeLog.IsPermission(error) ? NotExecutable : NotFound, WasOutOfMemory: false)
                : throw new BuildException(ErrorKind.Environment, "run the container", plan.Id, $"{runtime.Name}: {error}");
        }

        return new ExecExit(code, code == Killed && plan.Request.Resources is { Memory: > 0 });
    }
}
