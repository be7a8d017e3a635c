using Cairn.Frontend.Gateway;
using Cairn.Solver;
using Cairn.Solver.Exporters;
using Cairn.Solver.Progress;
using Cairn.Solver.Sessions;
using Cairn.Solver.Sources;
using Xunit;

namespace Cairn.Integration.Tests;

/// <summary>Builds that share a store, and even a solver, do not share what is not theirs.</summary>
public sealed class ConcurrencyTests : IDisposable
{
    private const int Builds = 4;

    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Builds_in_one_process_with_equal_dockerfiles_get_each_its_own_files()
    {
        string[] contexts = CreateContexts();
        await using (BuildSolver solver = BuildSolver.Open(new SolverOptions { Root = _workspace.Root, RunRoot = "/run/cairn" }))
        {
            await Task.WhenAll(contexts.Select((context, i) => BuildInProcessAsync(solver, context, _workspace.In($"out{i}"))));
        }

        Check();
    }

    [Fact]
    public async Task Processes_with_one_store_build_at_once()
    {
        Finished[] all = await Task.WhenAll(CreateContexts().Select((context, i) => _workspace.BuildAsync("-o", _workspace.In($"out{i}"), context)));
        Assert.All(all, built => built.Succeeded());
        Check();
    }

    private string[] CreateContexts()
    {
        string dockerfile = Shell.Stage + "COPY mine.txt /mine.txt\nRUN cat /mine.txt > /copied.txt\n";
        return [.. Enumerable.Range(0, Builds).Select(i =>
        {
            string context = _workspace.Context($"ctx{i}", dockerfile);
            _workspace.Write($"ctx{i}/mine.txt", $"file of build {i}");
            return context;
        })];
    }

    private void Check()
    {
        for (int i = 0; i < Builds; i++)
        {
            Assert.Equal($"file of build {i}", File.ReadAllText(_workspace.In($"out{i}/copied.txt")));
        }
    }

    private static async Task BuildInProcessAsync(BuildSolver solver, string context, string output)
    {
        string id = Guid.NewGuid().ToString("N");
        using LocalDirectory directory = new(context, context);
        var session = new InProcessSession(new InProcessSessionOptions
        {
            Id = id,
            Files = new Dictionary<string, ILocalFiles> { ["context"] = directory, ["dockerfile"] = directory },
            Exports = new ExportPaths([new ExportDestination { Directory = output }]),
        });
        await solver.BuildAsync(
            new BuildRequest
            {
                Id = id,
                Session = session,
                Frontend = new DockerfileV0(),
                Exports = [new ExportSpec("local", new Dictionary<string, string>())],
            },
            new NoProgress(),
            TestContext.Current.CancellationToken);
    }

    private sealed class NoProgress : IBuildProgress
    {
        public void Write(BuildEvent news)
        {
        }
    }
}
