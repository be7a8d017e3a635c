using Cairn.Cache.Collection;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Llb.Graphs;
using Cairn.Protos.Pb;
using Cairn.Snapshotter.Trees;
using Cairn.Solver.Execution;
using Cairn.Solver.History;
using Cairn.Solver.Ops;
using Cairn.Solver.Progress;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Debugging;

/// <summary>Opens shells in the kept filesystems of steps that failed. Nothing of the build is carried out again.</summary>
public sealed class StepShells
{
    private static readonly string[] UsualShells = ["/bin/sh", "/bin/bash", "/bin/ash", "/usr/bin/sh", "/usr/bin/bash", "/busybox/sh"];

    private readonly SolverServices _services;
    private readonly BuildHistory _history;
    private readonly HistoryStore _store;
    private readonly INestedSolver _nested;

    internal StepShells(SolverServices services, BuildHistory history, HistoryStore store, INestedSolver nested)
    {
        _services = services;
        _history = history;
        _store = store;
        _nested = nested;
    }

    /// <summary>The failed step that a person means.</summary>
    /// <param name="build">The build; null is the newest that has a kept step.</param>
    /// <param name="step">Part of the step's name; null is the only one, or the first.</param>
    /// <exception cref="BuildException">Input: no step of the build failed in a process, or nothing is kept of it.</exception>
    public FailedStep Find(BuildSummary? build, string? step)
    {
        IReadOnlyList<KeptMount> all = _store.KeptMounts();
        BuildId id = build?.Id ?? (all.Count > 0 ? all[0].Build : throw new BuildException(
            ErrorKind.Input, "find failed step", "", "no filesystem of a failed step is kept in this store"));
        Dictionary<Digest, Vertex> vertices = [];
        foreach (Vertex vertex in _history.Definitions(id).SelectMany(static definition => LlbGraph.Load(definition).Vertices))
        {
            vertices.TryAdd(vertex.Digest, vertex);
        }

        FailedStep[] found =
        [
            .. all.Where(mount => mount.Build == id && vertices.ContainsKey(mount.Step)).GroupBy(static mount => mount.Step)
                .Select(group => new FailedStep(id, vertices[group.Key], [.. group]))
                .Where(failed => step is null || failed.Name.Contains(step, StringComparison.OrdinalIgnoreCase)),
        ];
        return found.Length > 0 ? found[0] : throw new BuildException(
            ErrorKind.Input, "find failed step", step is null ? id.Value : $"{id}:{step}", "no filesystem of such a step is kept",
            "Only steps whose command failed are kept, and only the newest of them: see 'cairn history inspect'.");
    }

    /// <summary>Runs a shell with the terminal, or the streams, of this process. What it changes is thrown away.</summary>
    /// <param name="failed">From <see cref="Find"/>.</param>
    /// <param name="shell">Program in the kept filesystem, perhaps with arguments; null for a usual shell.</param>
    /// <param name="terminal">Type of the terminal (<c>TERM</c>) that the streams of this process are; null if they are none.</param>
    /// <param name="cancellationToken">Ends the shell.</param>
    /// <returns>The shell's exit code.</returns>
    /// <exception cref="BuildException">The files are gone, or there is no such shell among them.</exception>
    public async Task<int> RunAsync(FailedStep failed, string? shell, string? terminal, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(failed);
        var inputs = new List<ImmutableRef?>();
        try
        {
            ExecOp exec = Restore(failed, inputs);
            var sessions = new SessionGroup();
            var channel = new VertexChannel(failed.Vertex.Digest, _services.Clock);
            var context = new OpContext(
                failed.Vertex, _services.Cache, sessions, channel, new RefContext(_services.Fetchers.For(sessions), channel), _services, _nested);
            using var mounts = new ExecMounts(context, exec, inputs);
            await mounts.OpenAsync(cancellationToken);
            IReadOnlyList<string> environment = await ExecEnvironment.OfAsync(exec, sessions, cancellationToken);
            ExecExit exit = await _services.Executor.RunAsync(
                new ExecRequest
                {
                    RootPath = mounts.RootPath,
                    IsReadOnlyRoot = mounts.IsReadOnlyRoot,
                    Mounts = mounts.Mounts,
                    Arguments = Shell(mounts.RootPath, shell),
                    Environment = terminal is null ? environment : [.. environment.Where(static variable => !variable.StartsWith("TERM=", StringComparison.Ordinal)), "TERM=" + terminal],
                    WorkingDirectory = ExecPaths.WorkingDirectory(exec.Meta),
                    User = exec.Meta.User,
                    HostName = exec.Meta.Hostname,
                    ExtraHosts = exec.Meta.ExtraHosts,
                    Network = exec.Network,
                    Security = exec.Security,
                    Ulimits = exec.Meta.Ulimit,
                    CgroupParent = exec.Meta.CgroupParent,
                    Console = terminal is null ? ConsoleUse.Streams : ConsoleUse.Terminal,
                },
                new CollectedOutput(),
                cancellationToken);
            return exit.Code;
        }
        finally
        {
            inputs.ForEach(static input => input?.Dispose());
        }
    }

    // The op with the kept files as inputs and nothing that it keeps; secrets and agents are left out.
    private ExecOp Restore(FailedStep failed, List<ImmutableRef?> inputs)
    {
        ExecOp exec = failed.Vertex.Op.Exec.Clone();
        exec.Secretenv.Clear();
        for (int i = 0; i < exec.Mounts.Count; i++)
        {
            Mount mount = exec.Mounts[i];
            KeptMount? kept = failed.Mounts.FirstOrDefault(known => known.Mount == i);
            mount.Output = -1;
            mount.Input = kept is null ? -1 : inputs.Count;
            if (kept is not null)
            {
                inputs.Add(_services.Cache.Refs.TryGet(kept.Ref) ?? throw Gone(failed, mount, kept.Ref));
            }
        }

        Mount[] left = [.. exec.Mounts.Where(static mount => mount.MountType is not (MountType.Secret or MountType.Ssh))];
        exec.Mounts.Clear();
        exec.Mounts.AddRange(left);
        return exec;
    }

    private BuildException Gone(FailedStep failed, Mount mount, RefId id)
    {
        Eviction? eviction = _services.Cache.Collector.FindEviction(id);
        string reason = eviction is null ? "its files are gone" : FormattableString.Invariant($"its files were removed ({eviction.Rule}) at {eviction.Removed.UtcDateTime:u}");
        return new BuildException(ErrorKind.Environment, "open", $"{mount.Dest} of {failed.Name}", reason, "Run the build again: the step fails again, and is kept again.");
    }

    private static string[] Shell(string rootPath, string? shell)
    {
        using RootedTree root = RootedTree.Open(rootPath);
        string[] words = shell?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        string? program = words.Length > 0 ? words[0] : Array.Find(UsualShells, path => root.Status(path, followLinks: true) is not null);
        if (program is null || (program.StartsWith('/') && root.Status(program, followLinks: true) is null))
        {
            throw new BuildException(
                ErrorKind.Input, "find shell", program ?? "sh", "the filesystem has no such program", "Name one that it has: --shell PATH.");
        }

        return words.Length > 0 ? words : [program];
    }
}
