using Cairn.Llb;
using Cairn.Solver.Jobs;
using Cairn.Solver.Scheduling;
using Cairn.Solver.Tests.Progress;
using Xunit;
using Definition = Cairn.Protos.Pb.Definition;

namespace Cairn.Solver.Tests.Jobs;

public sealed class VertexRecorderTests : IAsyncLifetime
{
    private readonly TestSolver _test = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task What_ran_is_told_with_the_recipe_of_its_key_and_the_hit_has_the_same()
    {
        _test.Thing("a", "one");
        var definition = new TestDefinition();
        Definition built = definition.End(definition.Passthrough("p", definition.Source("a")));

        VertexOutcome ran = (await RecordAsync(built)).Of("passthrough p");
        await _test.ReopenAsync();
        RecordedOutcomes second = await RecordAsync(built);
        VertexOutcome hit = second.Of("passthrough p");

        Assert.Equal((OutcomeKind.Executed, MissReason.NoRecord), (ran.Kind, ran.Miss));
        Assert.Equal((OutcomeKind.HitByDefinition, MissReason.None), (hit.Kind, hit.Miss));
        Assert.Equal(ran.Maps.Single().Digest, hit.Maps.Single().Digest);
        Assert.Equal(ran.Inputs.Single().Keys, hit.Inputs.Single().Keys);
        Assert.Equal(ran.Keys.Single(), hit.Keys.Single());
        Assert.NotNull(hit.Stored);
        Assert.True(hit.Started <= hit.Completed && ran.Started <= ran.Completed);
        Assert.DoesNotContain(second.All, static outcome => outcome.Vertex.Name == "test://a");
    }

    [Fact]
    public async Task Why_something_ran_although_it_was_stored_is_told()
    {
        _test.Thing("a", "one");
        var definition = new TestDefinition();
        string source = definition.Source("a");
        Definition built = definition.End(source);
        await RecordAsync(built);
        await _test.ReopenAsync();
        foreach (string layer in Directory.GetDirectories(Path.Combine(_test.Root, "layers")))
        {
            Directory.Delete(layer, recursive: true);
        }

        VertexOutcome again = (await RecordAsync(built)).Of("test://a");
        definition.IgnoreCache(source);
        VertexOutcome ignoring = (await RecordAsync(built)).Of("test://a");

        Assert.Equal(OutcomeKind.Executed, again.Kind);
        Assert.Contains(again.Miss, new[] { MissReason.LoadFailed, MissReason.ResultLost });
        Assert.NotEmpty(again.Faults);
        Assert.Equal(MissReason.IgnoresCache, ignoring.Miss);
    }

    [Fact]
    public async Task A_failure_is_told_with_its_error()
    {
        _test.Thing("a", "one").Error = new BuildException(ErrorKind.Environment, "fetch", "a", "the line is dead");
        var definition = new TestDefinition();
        var recorded = new RecordedOutcomes();

        await Assert.ThrowsAsync<BuildException>(() => _test.Solver.BuildAsync(
            _test.Request(definition.End(definition.Source("a"))), new RecordedProgress(), recorded, Token));

        VertexOutcome failed = recorded.Of("test://a");
        Assert.Equal(OutcomeKind.Failed, failed.Kind);
        Assert.Contains("the line is dead", failed.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Builds_that_share_work_are_told_alike()
    {
        TestThing thing = _test.Thing("a", "one");
        var gate = new TaskCompletionSource();
        thing.Gate = gate.Task;
        var definition = new TestDefinition();
        Definition built = definition.End(definition.Source("a"));

        Task<RecordedOutcomes>[] builds = [RecordAsync(built), RecordAsync(built)];
        await thing.Begun.Task.WaitAsync(Token);
        gate.SetResult();
        RecordedOutcomes[] all = await Task.WhenAll(builds);

        Assert.All(all, static one => Assert.Contains(
            one.Of("test://a").Kind, new[] { OutcomeKind.Executed, OutcomeKind.HitByDefinition }));
        Assert.Equal(1, thing.Fetches);
    }

    private async Task<RecordedOutcomes> RecordAsync(Definition definition)
    {
        var recorded = new RecordedOutcomes();
        await _test.Solver.BuildAsync(_test.Request(definition), new RecordedProgress(), recorded, Token);
        return recorded;
    }
}
