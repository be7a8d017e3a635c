using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Protos.Pb;
using Cairn.Snapshotter.Trees;
using Cairn.Solver.Execution;
using Cairn.Solver.Jobs;
using Cairn.Solver.Ops;

namespace Cairn.Solver.Containers;

/// <summary>A container of a build for processes that somebody talks to. The first process makes it, the others join; with the first it ends.</summary>
public sealed class BuildContainer : IAsyncDisposable
{
    private const string DefaultTerminal = "TERM=xterm";

    private readonly SolverServices _services;
    private readonly ContainerRequest _request;
    private readonly Entitlements _entitlements;
    private readonly ExecOp _exec;
    private readonly ExecMounts _mounts;
    private readonly OpContext _context;
    private readonly IReadOnlyList<ImmutableRef?> _files;   // its own claims
    private readonly CancellationTokenSource _released = new();
    private readonly Lock _gate = new();   // guards the rest
    private readonly HashSet<Task> _running = [];
    private LiveProcess? _first;

    internal BuildContainer(
        OpContext context, ContainerRequest request, Entitlements entitlements, ExecOp exec, ExecMounts mounts, IReadOnlyList<ImmutableRef?> files)
    {
        _context = context;
        _services = context.Services;
        _request = request;
        _entitlements = entitlements;
        _exec = exec;
        _mounts = mounts;
        _files = files;
    }

    /// <summary>Runs a process to its end.</summary>
    /// <param name="process">What to run.</param>
    /// <param name="output">Receives its streams; a terminal is stream 1.</param>
    /// <param name="live">The hold on it, made by the caller and disposed after this call has ended.</param>
    /// <param name="cancellationToken">Kills it.</param>
    /// <returns>How it ended; a nonzero code is no exception here.</returns>
    /// <exception cref="BuildException">It may not run, the container has ended, or it could not be started.</exception>
    public async Task<ExecExit> RunAsync(ContainerProcess process, IExecOutput output, LiveProcess live, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(process);
        ArgumentNullException.ThrowIfNull(live);
        _entitlements.Check(_request.Network, process.Security);
        ExecRequest request = await RequestAsync(process, live.HasTerminal, cancellationToken);
        Task<ExecExit> run;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_released.IsCancellationRequested, this);
            var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _released.Token);
            LiveProcess? first = _first;
            _first ??= live;
            run = RunAsync(first, request, output, live, both);
            _running.Add(run);
        }

        try
        {
            return await run;
        }
        finally
        {
            lock (_gate)
            {
                _running.Remove(run);
            }
        }
    }

    /// <summary>A regular file of a mount; null if there is none.</summary>
    /// <exception cref="BuildException">There is no such mount, or the path is something else.</exception>
    public async Task<byte[]?> ReadFileAsync(int mount, string path, CancellationToken cancellationToken)
    {
        using RootedTree tree = Open(mount);
        return await TreeReading.FileAsync(tree, path, ByteRange.Whole, cancellationToken);
    }

    /// <summary>What a directory of a mount has; null if there is no such directory.</summary>
    /// <exception cref="BuildException">There is no such mount, or the path is something else.</exception>
    public IReadOnlyList<ResultEntry>? ReadDirectory(int mount, string path)
    {
        using RootedTree tree = Open(mount);
        return TreeReading.Directory(tree, path);
    }

    /// <summary>Status of a path in a mount, links followed as far as they stay in it; null if there is nothing.</summary>
    /// <exception cref="BuildException">There is no such mount.</exception>
    public ResultEntry? Stat(int mount, string path)
    {
        using RootedTree tree = Open(mount);
        return TreeReading.StatusOrLink(tree, path);
    }

    /// <summary>Kills what runs, and frees the mounts.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] running;
        lock (_gate)
        {
            if (_released.IsCancellationRequested)
            {
                return;
            }

            _released.Cancel();
            running = [.. _running];
        }

        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);   // each has a caller that is told
        await Task.Run(() =>
        {
            _mounts.Dispose();
            foreach (ImmutableRef? files in _files)
            {
                files?.Dispose();
            }
        });
    }

    private async Task<ExecExit> RunAsync(LiveProcess? first, ExecRequest request, IExecOutput output, LiveProcess live, CancellationTokenSource both)
    {
        using (both)
        {
            // Off the caller's thread: it holds the gate.
            await Task.Yield();
            return first is null
                ? await _services.Executor.RunAsync(request, output, live, both.Token)
                : await _services.Executor.ExecAsync(first, request, output, live, both.Token);
        }
    }

    private async Task<ExecRequest> RequestAsync(ContainerProcess process, bool hasTerminal, CancellationToken cancellationToken)
    {
        var exec = new ExecOp { Meta = new Meta { Env = { process.Environment } }, Secretenv = { process.Secrets } };
        IReadOnlyList<string> environment = await ExecEnvironment.OfAsync(exec, _context.Sessions, cancellationToken);
        if (hasTerminal && !environment.Any(static variable => variable.StartsWith("TERM=", StringComparison.Ordinal)))
        {
            environment = [.. environment, DefaultTerminal];
        }

        Emulator? emulator = _request.Platform is { } platform ? Emulator.For(platform) : null;
        return new ExecRequest
        {
            RootPath = _mounts.RootPath,
            IsReadOnlyRoot = _mounts.IsReadOnlyRoot,
            Mounts = emulator is null ? _mounts.Mounts : [.. _mounts.Mounts, emulator.Mount],
            Arguments = emulator is null ? process.Arguments : [Emulator.Path, .. process.Arguments],
            Environment = environment,
            WorkingDirectory = TreePath.Clean(process.WorkingDirectory),
            User = process.User,
            HostName = _request.HostName,
            ExtraHosts = _request.ExtraHosts,
            Network = _request.Network,
            Security = process.Security,
            RemovesStubsRecursively = process.RemovesStubsRecursively,
        };
    }

    private RootedTree Open(int mount)
    {
        string? directory = mount < 0 || mount >= _exec.Mounts.Count ? null
            : ExecPaths.Destination(_exec.Meta, _exec.Mounts[mount]) is var destination && destination == TreePath.Root ? _mounts.RootPath
            : _mounts.Mounts.OfType<BindMount>().LastOrDefault(bind => bind.Destination == destination && !bind.IsFile)?.Source;
        return directory is null
            ? throw new BuildException(ErrorKind.Input, "", "", $"no mount {mount} with files in the container")
            : RootedTree.Open(directory);
    }
}
