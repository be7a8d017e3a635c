using System.Diagnostics;
using Cairn.Llb.Building;
using Cairn.Protos.Pb;
using Cairn.Solver;
using Cairn.Solver.Progress;
using Cairn.Solver.Sessions;
using Cairn.Solver.Sources;

namespace Cairn.Benchmarks.Figures;

/// <summary>A fresh store with a solver over it; everything is gone when it is disposed.</summary>
internal sealed class Workbench : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cairn-figures-").FullName;
    private readonly BuildSolver _solver;
    private int _builds;

    public Workbench() => _solver = BuildSolver.Open(new SolverOptions
    {
        Root = Path.Combine(_directory, "root"),
        RunRoot = Path.Combine(_directory, "run"),
    });

    /// <summary>A directory for inputs.</summary>
    public string Inputs => Directory.CreateDirectory(Path.Combine(_directory, "inputs")).FullName;

    /// <summary>Solves a state and tells how long it took.</summary>
    /// <returns>Seconds.</returns>
    public async Task<double> SolveAsync(State state, string? context = null)
    {
        Definition definition = state.Marshal();
        using LocalDirectory? files = context is null ? null : new LocalDirectory(context, context);
        var offered = new Dictionary<string, ILocalFiles>();
        if (files is not null)
        {
            offered["context"] = files;
        }

        string id = $"build-{Interlocked.Increment(ref _builds)}";
        var session = new InProcessSession(new InProcessSessionOptions { Id = "figures", Files = offered });
        long start = Stopwatch.GetTimestamp();
        await _solver.BuildAsync(
            new BuildRequest { Id = id, Session = session, Definition = definition }, NoProgress.Instance, CancellationToken.None);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public async ValueTask DisposeAsync()
    {
        await _solver.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private sealed class NoProgress : IBuildProgress
    {
        public static NoProgress Instance { get; } = new();

        public void Write(BuildEvent e)
        {
        }
    }
}
