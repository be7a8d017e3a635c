using Cairn.Llb;
using Cairn.Solver.Exporters;
using Cairn.Solver.Progress;
using Cairn.Solver.Scheduling;
using Cairn.Solver.Sources;
using Cairn.Solver.Tests.Progress;
using Google.Protobuf;
using Xunit;
using Definition = Cairn.Protos.Pb.Definition;
using NetMode = Cairn.Protos.Pb.NetMode;

namespace Cairn.Solver.Tests.Jobs;

public sealed class BuildSolverTests : IAsyncLifetime
{
    private readonly TestSolver _test = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task Of_several_inputs_only_the_one_that_is_lost_is_made_again()
    {
        TestThing below = _test.Thing("below", "one"), from = _test.Thing("from", "two");
        var first = new TestDefinition();
        await _test.BuildAsync(first.End(first.Merge(first.Source("below"), first.Source("from"))));
        await _test.ReopenAsync();
        foreach (string layer in Directory.GetDirectories(Path.Combine(_test.Root, "layers"))
            .Where(static layer => File.ReadAllText(Path.Combine(layer, "fs", "file")) == "two"))
        {
            Directory.Delete(layer, recursive: true);
        }

        var second = new TestDefinition();
        BuildResult result = await _test.BuildAsync(second.End(second.CopyOnto(second.Source("below"), second.Source("from"), "/file", "/copied")));

        Assert.Equal(("one", "two"), (result.Response["file"], result.Response["copied"]));
        Assert.Equal((1, 2), (below.Fetches, from.Fetches));
    }

    [Fact]
    public async Task What_only_hands_its_input_on_is_recorded_when_the_build_has_ended()
    {
        const int Length = 500;
        TestThing thing = _test.Thing("a", "one");
        var definition = new TestDefinition();
        string at = definition.Source("a");
        for (int i = 0; i < Length; i++)
        {
            at = definition.Passthrough($"p{i}", at);
        }

        Definition built = definition.End(at);
        await _test.BuildAsync(built);
        await _test.ReopenAsync();
        var recorded = new RecordedOutcomes();
        await _test.Solver.BuildAsync(_test.Request(built), new RecordedProgress(), recorded, TestContext.Current.CancellationToken);

        Assert.Equal(1, thing.Fetches);
        Assert.Equal(OutcomeKind.HitByDefinition, recorded.Of($"passthrough p{Length - 1}").Kind);
        Assert.DoesNotContain(recorded.All, static outcome => outcome.Kind == OutcomeKind.Executed);
    }

    [Fact]
    public async Task A_source_is_fetched_once_and_found_again_by_another_process()
    {
        TestThing thing = _test.Thing("a", "hello");
        var definition = new TestDefinition();
        Definition built = definition.End(definition.Source("a"));

        BuildResult first = await _test.BuildAsync(built);
        await _test.ReopenAsync();
        var progress = new RecordedProgress();
        BuildResult second = await _test.BuildAsync(built, progress, Token);

        Assert.Equal("hello", first.Response["file"]);
        Assert.Equal("hello", second.Response["file"]);
        Assert.Equal(1, thing.Fetches);
        Assert.True(progress.Last["test://a"].Cached);
    }

    [Fact]
    public async Task A_cached_merge_fetches_none_of_its_inputs()
    {
        TestThing a = _test.Thing("a", "lower");
        TestThing b = _test.Thing("b", "upper");
        var definition = new TestDefinition();
        Definition built = definition.End(definition.Merge(definition.Source("a"), definition.Source("b")));

        BuildResult first = await _test.BuildAsync(built);
        await _test.ReopenAsync();
        var progress = new RecordedProgress();
        BuildResult second = await _test.BuildAsync(built, progress, Token);

        Assert.Equal("upper", first.Response["file"]);
        Assert.Equal("upper", second.Response["file"]);
        Assert.Equal(1, a.Fetches);
        Assert.Equal(1, b.Fetches);
        Assert.All(progress.Last.Values.Where(static news => news.Name != "exporting to test"), static news => Assert.True(news.Cached));
    }

    [Fact]
    public async Task A_source_whose_key_changed_is_fetched_again()
    {
        TestThing thing = _test.Thing("a", "one");
        var definition = new TestDefinition();
        Definition built = definition.End(definition.Passthrough("p", definition.Source("a")));
        await _test.BuildAsync(built);

        thing.Content = "two"u8.ToArray();
        BuildResult second = await _test.BuildAsync(built);

        Assert.Equal("two", second.Response["file"]);
        Assert.Equal(2, thing.Fetches);
    }

    [Fact]
    public async Task A_vertex_that_ignores_the_cache_is_carried_out_again()
    {
        TestThing thing = _test.Thing("a", "one");
        var definition = new TestDefinition();
        string source = definition.Source("a");
        definition.IgnoreCache(source);
        Definition built = definition.End(source);

        await _test.BuildAsync(built);
        await _test.BuildAsync(built);

        Assert.Equal(2, thing.Fetches);
    }

    [Fact]
    public async Task Two_builds_of_the_same_share_the_work_and_both_hear_of_it()
    {
        TestThing thing = _test.Thing("a", "shared");
        var gate = new TaskCompletionSource();
        thing.Gate = gate.Task;
        var definition = new TestDefinition();
        Definition built = definition.End(definition.Source("a"));
        RecordedProgress[] progress = [new(), new()];

        Task<BuildResult>[] builds = [.. progress.Select(one => _test.BuildAsync(built, one, Token))];
        await thing.Begun.Task.WaitAsync(Token);
        gate.SetResult();
        BuildResult[] results = await Task.WhenAll(builds);

        Assert.All(results, static result => Assert.Equal("shared", result.Response["file"]));
        Assert.Equal(1, thing.Fetches);
        Assert.All(progress, static one => Assert.NotNull(one.Last["test://a"].Completed));
    }

    [Fact]
    public async Task What_is_waited_for_can_be_read_while_it_is()
    {
        TestThing thing = _test.Thing("a", "x");
        var gate = new TaskCompletionSource();
        thing.Gate = gate.Task;
        var definition = new TestDefinition();
        Task<BuildResult> build = _test.BuildAsync(definition.End(definition.Passthrough("p", definition.Source("a"))));
        await thing.Begun.Task.WaitAsync(Token);

        string graph = await _test.Solver.WaitGraphAsync();
        gate.SetResult();
        await build;

        Assert.Contains("build build-1:", graph, StringComparison.Ordinal);
        Assert.Matches(@"passthrough p \(sha256:\w+\): waits for the result of test://a", graph);
        Assert.Matches(@"test://a \(sha256:\w+\): is carried out", graph);
        Assert.Equal("no build has asked for anything\n", await _test.Solver.WaitGraphAsync());
    }

    [Fact]
    public async Task A_build_that_is_cancelled_does_not_take_another_with_it()
    {
        TestThing thing = _test.Thing("a", "kept");
        var gate = new TaskCompletionSource();
        thing.Gate = gate.Task;
        var definition = new TestDefinition();
        Definition built = definition.End(definition.Source("a"));
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);

        Task<BuildResult> first = _test.BuildAsync(built, new RecordedProgress(), cancel.Token);
        await thing.Begun.Task.WaitAsync(Token);
        Task<BuildResult> second = _test.BuildAsync(built);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        gate.SetResult();

        Assert.Equal("kept", (await second).Response["file"]);
    }

    [Fact]
    public async Task Work_of_a_cancelled_build_is_cancelled_and_the_next_build_does_it()
    {
        TestThing thing = _test.Thing("a", "later");
        thing.Gate = new TaskCompletionSource().Task;
        var definition = new TestDefinition();
        Definition built = definition.End(definition.Source("a"));
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);

        Task<BuildResult> first = _test.BuildAsync(built, new RecordedProgress(), cancel.Token);
        await thing.Begun.Task.WaitAsync(Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await thing.Cancelled.Task.WaitAsync(Token);
        thing.Gate = Task.CompletedTask;

        Assert.Equal("later", (await _test.BuildAsync(built)).Response["file"]);
    }

    [Fact]
    public async Task A_failure_names_vertex_and_place_and_is_shown_on_the_vertex()
    {
        TestThing thing = _test.Thing("a", "x");
        thing.Error = new BuildException(ErrorKind.Environment, "fetch", "a", "the line is dead");
        var definition = new TestDefinition();
        string source = definition.Source("a");
        definition.Locate(source, "Dockerfile", 7);
        Definition built = definition.End(definition.Passthrough("p", source));
        var progress = new RecordedProgress();

        BuildException error = await Assert.ThrowsAsync<BuildException>(() => _test.BuildAsync(built, progress, Token));

        Assert.Equal("failed to fetch a: the line is dead", error.Message);
        Assert.Equal(source, error.Vertex.ToString());
        Assert.Equal(7, error.Sources.Single().Ranges.Single().StartLine);
        Assert.Equal("failed to fetch a: the line is dead", progress.Last["test://a"].Error);
        Assert.Null(progress.Last["passthrough p"].Started);
    }

    [Fact]
    public async Task A_failed_build_leaves_nothing_behind_that_the_next_inherits()
    {
        TestThing thing = _test.Thing("a", "fine");
        thing.Error = new BuildException(ErrorKind.Environment, "fetch", "a", "once");
        var definition = new TestDefinition();
        Definition built = definition.End(definition.Source("a"));
        await Assert.ThrowsAsync<BuildException>(() => _test.BuildAsync(built));

        thing.Error = null;

        Assert.Equal("fine", (await _test.BuildAsync(built)).Response["file"]);
    }

    [Fact]
    public async Task A_cached_result_whose_files_are_gone_is_made_again()
    {
        TestThing thing = _test.Thing("a", "again");
        var definition = new TestDefinition();
        Definition built = definition.End(definition.Source("a"));
        await _test.BuildAsync(built);
        await _test.ReopenAsync();

        foreach (string layer in Directory.GetDirectories(Path.Combine(_test.Root, "layers")))
        {
            Directory.Delete(layer, recursive: true);
        }

        Assert.Equal("again", (await _test.BuildAsync(built)).Response["file"]);
        Assert.Equal(2, thing.Fetches);
    }

    [Fact]
    public async Task A_definition_found_in_a_result_is_solved()
    {
        TestThing inner = _test.Thing("inner", "from inside");
        var innerDefinition = new TestDefinition();
        TestThing outer = _test.Thing("outer", string.Empty);
        outer.Content = innerDefinition.End(innerDefinition.Source("inner")).ToByteArray();
        var definition = new TestDefinition();

        BuildResult result = await _test.BuildAsync(definition.End(definition.Build(definition.Source("outer"))));

        Assert.Equal("from inside", result.Response["file"]);
        Assert.Equal(1, inner.Fetches);
    }

    [Fact]
    public async Task An_unknown_exporter_is_refused_before_any_work()
    {
        TestThing thing = _test.Thing("a", "x");
        var definition = new TestDefinition();
        BuildRequest request = _test.Request(definition.End(definition.Source("a"))) with
        {
            Exports = [new ExportSpec("nowhere", new Dictionary<string, string>())],
        };

        BuildException error = await Assert.ThrowsAsync<BuildException>(
            () => _test.Solver.BuildAsync(request, new RecordedProgress(), Token));

        Assert.Equal("exporter \"nowhere\" could not be found", error.Message);
        Assert.Equal(0, thing.Fetches);
    }

    [Fact]
    public async Task Rights_that_were_not_granted_are_named_before_any_work()
    {
        TestThing thing = _test.Thing("a", "x");
        var definition = new TestDefinition();
        Definition built = definition.End(definition.Run(definition.Source("a"), NetMode.Host));

        BuildException error = await Assert.ThrowsAsync<BuildException>(() => _test.BuildAsync(built));

        Assert.Contains("network.host is not allowed", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, thing.Fetches);
    }

    [Fact]
    public async Task A_second_live_build_of_the_same_id_is_refused()
    {
        TestThing thing = _test.Thing("a", "x");
        var gate = new TaskCompletionSource();
        thing.Gate = gate.Task;
        var definition = new TestDefinition();
        BuildRequest request = _test.Request(definition.End(definition.Source("a")));
        Task<BuildResult> first = _test.Solver.BuildAsync(request, new RecordedProgress(), Token);
        await thing.Begun.Task.WaitAsync(Token);

        BuildException error = await Assert.ThrowsAsync<BuildException>(
            () => _test.Solver.BuildAsync(request, new RecordedProgress(), Token));
        gate.SetResult();
        await first;

        Assert.Equal($"job ID {request.Id} exists", error.Message);
    }

    [Fact]
    public async Task A_frontend_reads_files_of_what_it_solved_and_resolves_images()
    {
        _test.Thing("a", "FROM x");
        var definition = new TestDefinition();
        Definition built = definition.End(definition.Source("a"));
        byte[]? read = null;
        byte[]? absent = [];
        ResolvedImageConfig? image = null;
        var frontend = new TestFrontend(async (bridge, token) =>
        {
            SolvedRef? solved = await bridge.SolveAsync(built, SolveOptions.Lazy, token);
            read = await bridge.ReadFileAsync(solved!, "file", ByteRange.Whole, token);
            absent = await bridge.ReadFileAsync(solved!, "nofile", ByteRange.Whole, token);
            image = await bridge.ResolveImageConfigAsync(new ImageConfigRequest("docker.io/library/x:1") { LogName = "load metadata" }, token);
            return new FrontendSolve(
                [new PlatformRef("linux/amd64", Platform.Default, solved)], IsMultiPlatform: true,
                new Dictionary<string, byte[]> { ["frontend.answer"] = "42"u8.ToArray() });
        });
        var progress = new RecordedProgress();

        BuildResult result = await _test.Solver.BuildAsync(_test.Request(null) with { Frontend = frontend }, progress, Token);

        Assert.Equal("FROM x"u8.ToArray(), read);
        Assert.Null(absent);
        Assert.Equal("docker.io/library/x:1", image?.Reference);
        Assert.Equal("42", result.Response["frontend.answer"]);
        Assert.Equal("FROM x", result.Response["linux/amd64file"]);
        Assert.NotNull(progress.Last["load metadata"].Completed);
    }

    [Fact]
    public async Task An_empty_definition_is_scratch()
    {
        BuildResult result = await _test.BuildAsync(new Definition());

        Assert.Empty(result.Response);
    }

    [Fact]
    public async Task What_was_built_is_listed_and_can_be_pruned()
    {
        TestThing thing = _test.Thing("a", "listed");
        var definition = new TestDefinition();
        Definition built = definition.End(definition.Source("a"));
        await _test.BuildAsync(built);
        await _test.ReopenAsync();

        Assert.Contains(_test.Solver.Store.DiskUsage([]), static record => record.Description == "test://a");
        await _test.Solver.Store.PruneAsync(new PruneRequest { All = true }, null, Token);
        Assert.Empty(_test.Solver.Store.DiskUsage([]));
        await _test.BuildAsync(built);

        Assert.Equal(2, thing.Fetches);
    }

    [Fact]
    public async Task Vertices_are_announced_before_they_start_and_complete_after()
    {
        _test.Thing("a", "x");
        _test.Thing("b", "y");
        var definition = new TestDefinition();
        var progress = new RecordedProgress();

        await _test.BuildAsync(definition.End(definition.Merge(definition.Source("a"), definition.Source("b"))), progress, Token);

        foreach (IGrouping<Digest, VertexEvent> vertex in progress.Vertices.GroupBy(static news => news.Vertex))
        {
            VertexEvent[] told = [.. vertex];
            Assert.Null(told[0].Started);
            Assert.NotNull(told[^1].Completed);
        }
    }
}
