using System.Text;
using System.Text.Json.Nodes;
using Cairn.Frontend.Gateway;
using Cairn.Llb;
using Cairn.Solver;
using Cairn.Solver.Explain;
using Cairn.Solver.History;
using Cairn.Solver.Progress;
using Cairn.Solver.Sessions;
using Cairn.Solver.Sources;
using Xunit;

namespace Cairn.Integration.Tests.Explain;

/// <summary>A store and one context, built in this process as the command line would.</summary>
internal sealed class ExplainBench : IAsyncDisposable, IBuildProgress
{
    private readonly Workspace _workspace = new();
    private int _builds;

    public ExplainBench() => Solver = Open(maxUsedSpace: null);

    public BuildSolver Solver { get; private set; }

    public string Root => _workspace.Root;

    public Workspace Workspace => _workspace;

    public async Task ReopenAsync(long? maxUsedSpace)
    {
        await Solver.DisposeAsync();
        Solver = Open(maxUsedSpace);
    }

    /// <summary>Builds, and returns the record.</summary>
    public async Task<BuildRecord> BuildAsync(string context, Variant variant)
    {
        await variant.Prepare(this);
        _workspace.Context(context, variant.Dockerfile);
        string directory = _workspace.In(context);
        variant.Files(directory);
        using LocalDirectory files = new(directory, directory), dockerfile = new(directory, directory);
        string id = $"explained-{++_builds}";
        var request = new BuildRequest
        {
            Id = id,
            Label = new BuildLabel(context, directory, "", ""),
            Session = new InProcessSession(new InProcessSessionOptions
            {
                Id = id,
                Files = new Dictionary<string, ILocalFiles> { ["context"] = files, ["dockerfile"] = dockerfile },
                Secrets = new SecretValues(variant.Secrets.ToDictionary(static s => s.Key, static s => (Func<byte[]?>)(() => Encoding.UTF8.GetBytes(s.Value)), StringComparer.Ordinal)),
            }),
            Frontend = new DockerfileV0(),
            FrontendOptions = variant.Options,
            CacheSources = variant.Imports,
        };
        try
        {
            await Solver.BuildAsync(request, this, TestContext.Current.CancellationToken);
        }
        catch (BuildException) when (variant.MayFail)
        {
            // that is what is explained
        }

        await Solver.RecordsAsync(TestContext.Current.CancellationToken);
        return Solver.History.TryLoad(request.HistoryId)!;
    }

    /// <summary>The answer as the command line gives it in JSON.</summary>
    public JsonObject Explain(BuildRecord record, string step)
    {
        StepRecord[] found = [.. record.Steps.Where(s => s.Name.Contains(step, StringComparison.Ordinal) && s.Kind.Length > 0)];
        if (found.Length > 1)
        {
            found = [.. found.Where(static s => s.Kind != "source")];   // what an instruction fetches has its name
        }

        Assert.True(found.Length == 1, $"{found.Length} steps are called {step}: {string.Join(" | ", record.Steps.Select(static s => s.Name))}");
        Explanation explanation = Assert.Single(Solver.History.Explain(record, found));
        return JsonNode.Parse(explanation.ToJson())!.AsObject();
    }

    public void Write(BuildEvent news)
    {
    }

    public async ValueTask DisposeAsync()
    {
        await Solver.DisposeAsync();
        _workspace.Dispose();
    }

    private BuildSolver Open(long? maxUsedSpace) => BuildSolver.Open(
        new SolverOptions { Root = _workspace.Root, RunRoot = _workspace.In("run"), MaxUsedSpace = maxUsedSpace });
}
