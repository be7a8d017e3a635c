using Cairn.Solver.Scheduling;
using Xunit;

namespace Cairn.Solver.Tests.Scheduling;

public sealed class SolveGraphTests
{
    private static readonly SimulatedVertex Base = GraphDriver.Vertex("base");
    private static readonly SimulatedVertex Middle = GraphDriver.Vertex("middle", Base);
    private static readonly SimulatedVertex Top = GraphDriver.Vertex("top", Middle);

    [Fact]
    public void A_hit_by_definition_evaluates_no_input()
    {
        var first = new GraphDriver();
        first.Load(1, Base, Middle, Top);
        first.Want(1, Top);

        var second = new GraphDriver { Store = first.Store };
        second.Load(1, Base, Middle, Top);
        WantId want = second.Want(1, Top);

        Assert.True(second.Answers.ContainsKey(want));
        Assert.Equal(["key base", "key middle", "key top", "load top"], second.Begun.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Work_that_nobody_else_wants_is_run_once_for_all_who_share_it()
    {
        var driver = new GraphDriver();
        driver.Held.Add("middle");
        driver.Load(1, Base, Middle, Top);
        driver.Load(2, Base, Middle, Top);
        WantId first = driver.Want(1, Top);
        WantId second = driver.Want(2, Top);

        driver.Finish("middle");

        Assert.True(driver.Answers.ContainsKey(first) && driver.Answers.ContainsKey(second));
        Assert.Single(driver.Begun, "run middle");
        Assert.Single(driver.Begun, "run top");
    }

    [Fact]
    public void An_input_of_equal_content_hits_without_evaluating_what_lies_between()
    {
        SimulatedVertex Local(int session) => GraphDriver.Vertex($"local c") with
        {
            Digest = SimulatedVertex.DigestOf($"local of session {session}"),
            IsRandom = true,
        };
        SimulatedVertex Copy(SimulatedVertex local) => GraphDriver.Vertex("copy", Base, local) with
        {
            Digest = SimulatedVertex.DigestOf($"copy {local.Digest}"),
            AllowsContent = [false, true],
        };
        SimulatedVertex Run(SimulatedVertex copy) => GraphDriver.Vertex("run", copy) with { Digest = SimulatedVertex.DigestOf($"run {copy.Digest}") };

        var first = new GraphDriver();
        SimulatedVertex local = Local(1);
        SimulatedVertex copy = Copy(local);
        first.Load(1, Base, local, copy, Run(copy));
        first.Want(1, Run(copy));

        var second = new GraphDriver { Store = first.Store };
        local = Local(2);
        copy = Copy(local);
        second.Load(1, Base, local, copy, Run(copy));
        WantId want = second.Want(1, Run(copy));

        Assert.True(second.Answers.ContainsKey(want));
        Assert.Contains("run local c", second.Begun);
        Assert.Contains("content copy", second.Begun);
        Assert.Contains("load run", second.Begun);
        Assert.DoesNotContain("run base", second.Begun);
        Assert.DoesNotContain("load base", second.Begun);
        Assert.DoesNotContain("run copy", second.Begun);
        Assert.DoesNotContain("load copy", second.Begun);
    }

    [Fact]
    public void An_input_that_leads_on_is_not_evaluated_for_the_content_of_another()
    {
        SimulatedVertex known = GraphDriver.Vertex("known");
        SimulatedVertex Local(int session) => GraphDriver.Vertex("local") with
        {
            Digest = SimulatedVertex.DigestOf($"local of session {session}"),
            IsRandom = true,
        };
        SimulatedVertex Both(SimulatedVertex local) => GraphDriver.Vertex("both", known, local) with
        {
            Digest = SimulatedVertex.DigestOf($"both {local.Digest}"),
            AllowsContent = [true, true],
        };
        var first = new GraphDriver();
        SimulatedVertex local = Local(1);
        first.Load(1, known, local, Both(local));
        first.Want(1, Both(local));

        var second = new GraphDriver { Store = first.Store };
        local = Local(2);
        second.Load(1, known, local, Both(local));
        WantId want = second.Want(1, Both(local));

        Assert.True(second.Answers.ContainsKey(want));
        Assert.Contains("load both", second.Begun);
        Assert.Contains("run local", second.Begun);
        Assert.DoesNotContain("load known", second.Begun);
        Assert.Single(second.Begun, "content both");
    }

    [Fact]
    public void A_hit_by_content_is_a_hit_by_definition_the_next_time()
    {
        SimulatedVertex[] same = [.. Enumerable.Range(0, 20).Select(static i => GraphDriver.Vertex($"{i} c")).GroupBy(static one => one.ContentOf(0)).First().Take(2)];
        SimulatedVertex Top(SimulatedVertex input) => GraphDriver.Vertex("top", input) with
        {
            Digest = SimulatedVertex.DigestOf($"top {input.Digest}"),
            AllowsContent = [true],
        };
        var first = new GraphDriver();
        first.Load(1, same[0], Top(same[0]));
        first.Want(1, Top(same[0]));
        var second = new GraphDriver { Store = first.Store };
        second.Load(1, same[1], Top(same[1]));
        second.Want(1, Top(same[1]));
        Assert.Contains("load top", second.Begun);
        Assert.Contains("content top", second.Begun);

        var third = new GraphDriver { Store = first.Store };
        third.Load(1, same[1], Top(same[1]));
        WantId want = third.Want(1, Top(same[1]));

        Assert.True(third.Answers.ContainsKey(want));
        Assert.DoesNotContain("content top", third.Begun);
        Assert.DoesNotContain(third.Begun, static begun => begun.StartsWith("run", StringComparison.Ordinal));
    }

    [Fact]
    public void What_takes_the_place_of_a_lost_input_is_hashed_and_handed_over_anew()
    {
        SimulatedVertex top = GraphDriver.Vertex("top", Base) with { AllowsContent = [true] };
        SimulatedVertex blocker = GraphDriver.Vertex("blocker");
        var driver = new GraphDriver(maxParallelism: 1);
        driver.Held.UnionWith(["blocker", "top"]);
        driver.Load(1, Base, top, blocker);
        ResultId lost = driver.Answers[driver.Want(1, Base)];
        driver.Want(1, blocker);
        WantId want = driver.Want(1, top);
        Assert.Single(driver.Begun, "content top");

        driver.Step(new ResultLost(lost));
        driver.Finish("blocker");

        Assert.Equal(2, driver.Begun.Count(static begun => begun == "content top"));
        Assert.DoesNotContain(lost, driver.Running.Single().Inputs);
        driver.Finish("top");
        Assert.True(driver.Answers.ContainsKey(want));
    }

    [Fact]
    public void Different_inputs_of_equal_content_make_equal_work()
    {
        SimulatedVertex[] same = [.. Enumerable.Range(0, 20).Select(static i => GraphDriver.Vertex($"{i} c")).GroupBy(static one => one.ContentOf(0)).First().Take(2)];
        SimulatedVertex[] tops = [.. same.Select(static input => GraphDriver.Vertex("top", input) with
        {
            Digest = SimulatedVertex.DigestOf($"top {input.Digest}"),
            AllowsContent = [true],
        })];
        var driver = new GraphDriver();
        driver.Held.Add("top");
        driver.Load(1, same[0], tops[0]);
        driver.Load(2, same[1], tops[1]);
        WantId first = driver.Want(1, tops[0]);
        WantId second = driver.Want(2, tops[1]);

        Assert.Single(driver.Running);
        driver.Finish("top");
        Assert.True(driver.Answers.ContainsKey(first) && driver.Answers.ContainsKey(second));
    }

    [Fact]
    public void Equal_work_is_found_by_any_key_that_is_shared()
    {
        SimulatedVertex root = GraphDriver.Vertex("root") with { MapCount = 2 };
        SimulatedVertex twin = GraphDriver.Vertex("middle", root) with { Digest = SimulatedVertex.DigestOf("twin of middle") };
        SimulatedVertex middle = GraphDriver.Vertex("middle", root);
        var driver = new GraphDriver();
        driver.Held.Add("middle");
        driver.Load(1, root, middle);
        driver.Load(2, root, twin);
        WantId first = driver.Want(1, middle);
        WantId second = driver.Want(2, twin);

        Assert.Single(driver.Running);
        driver.Finish("middle");
        Assert.True(driver.Answers.ContainsKey(first) && driver.Answers.ContainsKey(second));
    }

    [Fact]
    public void An_edge_costs_the_same_however_many_jobs_are_alive()
    {
        (int alone, int aloneEvents, int aloneCommands) = JobsDriver.Play(1, 50);
        (int many, int manyEvents, int manyCommands) = JobsDriver.Play(200, 50);

        Assert.Equal(alone * 200, many);
        Assert.Equal(aloneEvents * 200, manyEvents);
        Assert.Equal(aloneCommands * 200, manyCommands);
    }

    [Fact]
    public void A_result_that_cannot_be_loaded_is_replaced_by_the_next_and_then_by_the_work()
    {
        var first = new GraphDriver();
        first.Load(1, Base);
        first.Want(1, Base);
        first.Store.Gone.UnionWith(first.Store.Contents.Keys);

        var second = new GraphDriver { Store = first.Store };
        second.Load(1, Base);
        WantId want = second.Want(1, Base);

        Assert.True(second.Answers.ContainsKey(want));
        Assert.Equal(["key base", "load base", "run base"], second.Begun);
    }

    [Fact]
    public void A_lost_result_is_made_again()
    {
        var driver = new GraphDriver();
        driver.Load(1, Base, Middle);
        WantId want = driver.Want(1, Middle);
        driver.Store.Gone.UnionWith(driver.Store.Contents.Keys);

        driver.Step(new ResultLost(driver.Answers[want]));
        WantId again = driver.Want(1, Middle);

        Assert.True(driver.Answers.ContainsKey(again));
        Assert.Equal(2, driver.Begun.Count(static begun => begun == "run middle"));
        Assert.Single(driver.Begun, "run base");
    }

    [Fact]
    public void Work_is_cancelled_when_the_last_asker_leaves_and_not_before()
    {
        var driver = new GraphDriver();
        driver.Held.Add("base");
        driver.Load(1, Base);
        driver.Load(2, Base);
        driver.Want(1, Base);
        WantId second = driver.Want(2, Base);

        driver.Leave(1);
        Assert.Empty(driver.Cancelled);
        driver.Leave(2);
        Assert.Single(driver.Cancelled);
        Assert.DoesNotContain(second, driver.Refusals.Keys);
    }

    [Fact]
    public void Who_comes_while_cancelled_work_ends_has_it_started_again()
    {
        var driver = new GraphDriver();
        driver.Held.Add("base");
        driver.Load(1, Base);
        driver.Want(1, Base);
        driver.Leave(1);
        driver.Load(2, Base);
        WantId want = driver.Want(2, Base);

        Assert.Single(driver.Running);
        driver.EndCancelled("base");
        Assert.Single(driver.Running);
        driver.Finish("base");

        Assert.True(driver.Answers.ContainsKey(want));
        Assert.Empty(driver.Refusals);
    }

    [Fact]
    public void A_failure_reaches_everybody_who_waits_and_nobody_who_comes_later()
    {
        var driver = new GraphDriver();
        driver.Held.Add("base");
        driver.Load(1, Base, Middle, Top);
        driver.Load(2, Base, Middle);
        WantId first = driver.Want(1, Top);
        WantId second = driver.Want(2, Middle);

        driver.Fail("base");
        Assert.True(driver.Refusals.ContainsKey(first) && driver.Refusals.ContainsKey(second));

        WantId later = driver.Want(2, Middle);
        driver.Finish("base");
        Assert.True(driver.Answers.ContainsKey(later));
    }

    [Fact]
    public void A_failure_that_one_build_is_to_blame_for_is_not_the_others()
    {
        var driver = new GraphDriver();
        driver.Held.Add("base");
        driver.Load(1, Base);
        driver.Load(2, Base);
        WantId first = driver.Want(1, Base);
        WantId second = driver.Want(2, Base);

        driver.Fail("base", new JobId(1));
        Assert.True(driver.Refusals.ContainsKey(first));
        driver.Finish("base");

        Assert.True(driver.Answers.ContainsKey(second));
    }

    [Fact]
    public void Equal_work_of_different_vertices_is_run_once_and_told_under_both()
    {
        SimulatedVertex twin = Base with { Digest = SimulatedVertex.DigestOf("twin of base") };
        var driver = new GraphDriver();
        driver.Held.Add("base");
        driver.Load(1, Base);
        driver.Load(2, twin);
        WantId first = driver.Want(1, Base);
        WantId second = driver.Want(2, twin);

        Assert.Single(driver.Running);
        Assert.Contains(driver.Commands, command => command is Followed followed && followed.Follower == (object)twin);
        driver.Finish("base");

        Assert.True(driver.Answers.ContainsKey(first) && driver.Answers.ContainsKey(second));
    }

    [Fact]
    public void A_vertex_that_ignores_the_cache_runs_and_stays_apart_from_one_that_does_not()
    {
        var first = new GraphDriver();
        first.Load(1, Base);
        first.Want(1, Base);

        var second = new GraphDriver { Store = first.Store };
        second.Load(1, Base);
        second.Load(2, Base with { IgnoresCache = true });
        second.Want(2, Base);
        second.Want(1, Base);

        Assert.Contains("run base", second.Begun);
        Assert.Contains("load base", second.Begun);
    }

    [Fact]
    public void No_more_executions_run_than_allowed_and_builds_take_turns()
    {
        SimulatedVertex[] wide = [.. Enumerable.Range(0, 4).Select(static i => GraphDriver.Vertex($"wide {i}"))];
        SimulatedVertex narrow = GraphDriver.Vertex("narrow");
        var driver = new GraphDriver(maxParallelism: 1);
        driver.Held.UnionWith([.. wide.Select(static vertex => vertex.Op), "narrow"]);
        driver.Load(1, wide);
        driver.Load(2, narrow);
        foreach (SimulatedVertex vertex in wide)
        {
            driver.Want(1, vertex);
        }

        driver.Want(2, narrow);
        Assert.Equal(["wide 0"], driver.Running.Select(static start => ((SimulatedVertex)start.Vertex).Op));
        driver.Finish("wide 0");
        driver.Finish("wide 1");
        Assert.Equal(["narrow"], driver.Running.Select(static start => ((SimulatedVertex)start.Vertex).Op));
    }

    [Fact]
    public void Results_are_released_when_the_last_build_leaves()
    {
        var driver = new GraphDriver();
        driver.Load(1, Base, Middle, Top);
        driver.Load(2, Base, Middle);
        driver.Want(1, Top);

        driver.Leave(1);
        Assert.Equal(2, driver.Results.Count);
        driver.Leave(2);

        Assert.Empty(driver.Results);
        Assert.Equal(0, driver.Graph.VertexCount);
    }

    [Fact]
    public void A_chain_of_ten_thousand_and_a_fan_of_ten_thousand_are_solved()
    {
        var chain = new List<SimulatedVertex> { GraphDriver.Vertex("0") };
        for (int i = 1; i < 10_000; i++)
        {
            chain.Add(GraphDriver.Vertex($"{i}", chain[^1]));
        }

        var driver = new DigestDriver();
        Assert.Equal(10_000, driver.Solve([.. chain]));

        SimulatedVertex[] leaves = [.. Enumerable.Range(0, 10_000).Select(static i => GraphDriver.Vertex($"leaf {i}"))];
        Assert.Equal(10_001, new DigestDriver().Solve([.. leaves, GraphDriver.Vertex("fan", leaves)]));
    }
}
