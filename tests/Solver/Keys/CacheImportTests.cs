using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Protos.Pb;
using Cairn.Solver.History;
using Cairn.Solver.Keys;
using Cairn.Solver.Tests.Jobs;
using Cairn.Solver.Tests.Progress;
using Xunit;

namespace Cairn.Solver.Tests.Keys;

/// <summary>Caches that are exported from one store and imported into another.</summary>
public sealed class CacheImportTests : IAsyncLifetime
{
    private readonly TestSolver _first = new();
    private readonly TestSolver _second = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        foreach (TestSolver solver in new[] { _first, _second })
        {
            solver.Thing("a", "one");
            solver.Thing("b", "two");
        }

        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Fact]
    public async Task What_another_store_exported_is_taken_lazily_and_found_later_without_the_import()
    {
        ExportedCache exported = await ExportAsync(Steps("x", "y"));
        _second.Fetcher = exported;

        BuildRecord second = await BuildAsync(_second, Steps("x", "y"), exported);

        StepRecord last = Of(second, "mkfile /y");
        Assert.Equal((StepOutcome.Cached, exported.Id), (last.Outcome, last.Recipe!.Import));
        Assert.DoesNotContain(second.Steps, static step => step.Outcome == StepOutcome.Executed && step.Kind.Length > 0);
        Assert.Equal(0, _second.Source.Things["a"].Fetches);
        Assert.Equal(("x", "y"), (second.Response["x"], second.Response["y"]));
        Assert.Contains(second.Steps, static step => step.Name == "importing cache manifest from memory:exported" && step.Error is null);
        int fetched = exported.Fetches;
        await _second.ReopenAsync();
        BuildRecord third = await BuildAsync(_second, Steps("x", "y"));
        Assert.Equal((StepOutcome.Cached, null), (Of(third, "mkfile /y").Outcome, Of(third, "mkfile /y").Recipe!.Import));
        Assert.Equal(fetched, exported.Fetches);
    }

    [Fact]
    public async Task Only_what_the_store_lacks_is_asked_for_and_what_it_has_is_taken_from_there()
    {
        ExportedCache exported = await ExportAsync(Steps("x", "y"));
        _second.Fetcher = exported;
        await BuildAsync(_second, Steps("x", "y"), exported);
        int loads = exported.Loads;

        BuildRecord warm = await BuildAsync(_second, Steps("x", "y"), exported);

        Assert.Equal(1, loads);
        Assert.Equal(loads, exported.Loads);
        Assert.Empty(Of(warm, "mkfile /y").Recipe!.Asked);
    }

    [Fact]
    public async Task A_changed_step_runs_on_imported_results_of_the_steps_below()
    {
        ExportedCache exported = await ExportAsync(Steps("x", "y"));
        _second.Fetcher = exported;

        BuildRecord second = await BuildAsync(_second, Steps("x", "z"), exported);

        Assert.Equal(StepOutcome.Executed, Of(second, "mkfile /z").Outcome);
        Assert.Equal([new AskedCache(exported.Id, AskedCache.Missing, null)], Of(second, "mkfile /z").Recipe!.Asked);
        Assert.Equal((StepOutcome.Cached, exported.Id), (Of(second, "mkfile /x").Outcome, Of(second, "mkfile /x").Recipe!.Import));
        Assert.Equal("z", second.Response["z"]);
    }

    [Fact]
    public async Task Keys_that_are_known_here_without_results_lead_to_imported_results()
    {
        // Here the first step is known and its result is gone; the import knows both steps.
        ExportedCache exported = await ExportAsync(Steps("x", "y"));
        await BuildAsync(_second, Steps("x"));
        await _second.Solver.Store.PruneAsync(new PruneRequest { All = true }, null, Token);
        _second.Fetcher = exported;

        BuildRecord second = await BuildAsync(_second, Steps("x", "y"), exported);

        Assert.Equal(exported.Id, Of(second, "mkfile /y").Recipe!.Import);
        Assert.Equal("y", second.Response["y"]);
    }

    [Fact]
    public async Task Sources_are_asked_in_order_and_what_cannot_be_read_is_no_harm()
    {
        ExportedCache exported = await ExportAsync(Steps("x", "y"));
        ExportedCache broken = exported.Without("memory:broken", static _ => false);
        broken.Error = new BuildException(ErrorKind.Environment, "read", "manifest", "the line is dead");
        ExportedCache hollow = exported.Without("memory:hollow", static _ => true);
        _second.Fetcher = exported;

        BuildRecord second = await BuildAsync(_second, Steps("x", "y"), broken, hollow, exported);

        StepRecord last = Of(second, "mkfile /y");
        Assert.Equal(exported.Id, last.Recipe!.Import);
        Assert.Equal(
            [("memory:broken", AskedCache.Failed), ("memory:hollow", AskedCache.KeyOnly), (exported.Id, AskedCache.Result)],
            last.Recipe.Asked.Select(static asked => (asked.Source, asked.Answer)));
        Assert.Contains("the line is dead", last.Recipe.Asked[0].Reason, StringComparison.Ordinal);
        Assert.Equal(BuildStatus.Completed, second.Status);
        Assert.Contains(
            second.Steps,
            static step => step.Name == "importing cache manifest from memory:broken" && step.Error!.Contains("the line is dead", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_imported_result_whose_layers_are_gone_falls_back_to_the_work()
    {
        ExportedCache exported = await ExportAsync(Steps("x", "y"));
        exported.LoseBlobs();
        _second.Fetcher = exported;

        BuildRecord second = await BuildAsync(_second, Steps("x", "y"), exported);

        StepRecord last = Of(second, "mkfile /y");
        Assert.Equal(StepOutcome.Executed, last.Outcome);
        Assert.Equal((MissWords.ResultLost, exported.Id), (last.Recipe!.Miss, last.Recipe.Faults[0].Result));
        Assert.Equal(("x", "y"), (second.Response["x"], second.Response["y"]));
    }

    [Fact]
    public async Task Content_that_is_the_same_is_found_under_another_definition()
    {
        // The copy is keyed by what it takes, wherever that comes from.
        foreach (TestSolver solver in new[] { _first, _second })
        {
            solver.Thing("same", "one").Key = "another key";
        }

        ExportedCache exported = await ExportAsync(Copy("a"));
        _second.Fetcher = exported;

        BuildRecord second = await BuildAsync(_second, Copy("same"), exported);

        StepRecord last = Of(second, "copy /file /copied");
        Assert.Equal((StepOutcome.Cached, "content", exported.Id), (last.Outcome, last.Recipe!.Hit, last.Recipe.Import));
    }

    [Fact]
    public async Task An_import_is_exported_again_with_all_its_records()
    {
        ExportedCache exported = await ExportAsync(Steps("x", "y"));
        _second.Fetcher = exported;

        ExportedCache again = await ExportAsync(Steps("x", "y"), _second, exported);

        Assert.Equal(Digests(exported), Digests(again));

        static IEnumerable<(string, int, int)> Digests(ExportedCache cache) =>
            cache.Keys.Select(static key => (key.Digest.ToString(), key.Inputs.Count, key.Results.Count > 0 ? key.Results[0].Layers.Count : 0)).Order();
    }

    [Fact]
    public async Task The_mode_and_the_definition_say_for_what_blobs_are_made()
    {
        var definition = new TestDefinition();
        string source = definition.Source("a");
        string forbidden = definition.Make("/x", "x", source);
        definition.ExportCache(forbidden, hint: false);
        definition.ExportCache(source, hint: true);
        Definition built = definition.End(definition.Make("/y", "y", forbidden));
        CacheChain? least = null, most = null;
        await RunAsync(_first, built, [], async (bridge, solved) =>
        {
            least = await bridge.ChainAsync(solved, CacheExportMode.Min, Token);
            most = await bridge.ChainAsync(solved, CacheExportMode.Max, Token);
        });

        ChainRecord[] records = [.. least!.Records];
        Assert.Equal(3, records.Length);
        Assert.Equal([2], least.Tops);
        Assert.Equal([true, false, null], records.Select(static record => record.ExportHint));
        Assert.Equal([1, 0, 1], records.Select(static record => record.Results.Count));
        Assert.Equal([false, false, true], records.Select(static record => record.MakesBlobs));
        Assert.All(records, static record => Assert.True(record.IsMade));
        Assert.Equal([0], records[1].Inputs.Single().Select(static alternative => alternative.Key));
        Assert.All(most!.Records, static record => Assert.True(record.MakesBlobs));
        using ImmutableRef? top = records[2].Results[0].TryTake();
        Assert.NotNull(top);
    }

    private static Definition Steps(params string[] names)
    {
        var definition = new TestDefinition();
        string at = definition.Source("a");
        foreach (string name in names)
        {
            at = definition.Make("/" + name, name, at);
        }

        return definition.End(at);
    }

    private static Definition Copy(string from)
    {
        var definition = new TestDefinition();
        return definition.End(definition.Copy(definition.Source(from), "/file", "/copied"));
    }

    private async Task<ExportedCache> ExportAsync(Definition definition, TestSolver? from = null, params ICacheSource[] imports)
    {
        ExportedCache? exported = null;
        TestSolver solver = from ?? _first;
        await RunAsync(solver, definition, imports, async (bridge, solved) =>
        {
            CacheChain chain = await bridge.ChainAsync(solved, CacheExportMode.Max, Token);
            exported = await ExportedCache.ExportAsync(
                "memory:exported", chain, solver.Solver.Services.Cache, new RefContext(solver.Fetcher, NoProgress.Instance), Token);
        });
        return exported!;
    }

    private static async Task<BuildRecord> RunAsync(
        TestSolver solver, Definition definition, IReadOnlyList<ICacheSource> imports, Func<IFrontendBridge, SolvedRef, Task> use)
    {
        BuildRequest request = solver.Request(null) with
        {
            CacheSources = imports,
            Frontend = new TestFrontend(async (bridge, token) =>
            {
                SolvedRef solved = (await bridge.SolveAsync(definition, new SolveOptions(Evaluate: true), token))!;
                await use(bridge, solved);
                return new FrontendSolve([new PlatformRef(string.Empty, null, solved)], IsMultiPlatform: false, new Dictionary<string, byte[]>());
            }),
        };
        await solver.Solver.BuildAsync(request, new RecordedProgress(), Token);
        await solver.Solver.RecordsAsync(Token);
        return solver.Solver.History.TryLoad(request.HistoryId)!;
    }

    private static Task<BuildRecord> BuildAsync(TestSolver solver, Definition definition, params ICacheSource[] imports) =>
        RunAsync(solver, definition, imports, static (_, _) => Task.CompletedTask);

    private static StepRecord Of(BuildRecord build, string name) => build.Steps.Single(step => step.Name == name);
}
