using System.Collections.Immutable;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Merging;
using Cairn.Snapshotter.Tests.Model;
using Cairn.Tests.Harness;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Cairn.Snapshotter.Tests.Merging;

/// <summary>The rule of merging, and the plans for long lists, against the model; nothing is mounted.</summary>
public sealed class MergePlanTests
{
    private const int Cases = 10_000;

    [Fact]
    public void MRG_15_Merging_is_that_of_the_model() => Check("merge rule against the model", 6, layers =>
        layers.IsEmpty || Show(ModelLayerDirectory.Merge(layers, isBottom: true)) == ModelText.Of(ModelRules.Merge(layers)));

    [Fact]
    public void MRG_15_Runs_of_layers_stand_for_their_layers_in_every_grouping() => Check("merge of runs against the model", 8, layers =>
    {
        var random = new Random(layers.Count);
        var parts = new List<ModelLayer>();
        for (int i = 0; i < layers.Count;)
        {
            int count = random.Next(1, layers.Count - i + 1);
            parts.Add(ModelLayerDirectory.Merge(layers.GetRange(i, count), isBottom: false));
            i += count;
        }
        return ModelText.Of(ModelRules.Merge(parts)) == ModelText.Of(ModelRules.Merge(layers))
            && (parts.Count == 0 || Show(ModelLayerDirectory.Merge(parts, isBottom: true)) == ModelText.Of(ModelRules.Merge(layers)));
    });

    [Fact]
    public void MRG_14_Of_repeated_inputs_only_the_last_occurrence_matters() => Check("merge of repeated layers", 5, layers =>
    {
        if (layers.IsEmpty)
        {
            return true;
        }
        var random = new Random(layers.Count);
        LayerId[] list = [.. Enumerable.Range(0, layers.Count * 2).Select(_ => new LayerId(random.Next(layers.Count)))];
        LayerId[] normal = [.. LayerList.Normalise(list)];
        return normal.Distinct().Count() == normal.Length
            && ModelText.Of(ModelRules.Merge(list.Select(id => layers[(int)id.Value])))
                == ModelText.Of(ModelRules.Merge(normal.Select(id => layers[(int)id.Value])));
    });

    [Fact]
    public void MRG_15_Nested_merges_have_the_identity_of_the_flat_one() => Check("identity of nested merges", 9, layers =>
    {
        var random = new Random(layers.Count);
        LayerId[] list = [.. layers.Select(_ => new LayerId(random.Next(5)))];
        int first = random.Next(list.Length + 1);
        int second = random.Next(first, list.Length + 1);
        LayerId[] left = [.. LayerList.Normalise([.. LayerList.Normalise(list[..second])]), .. list[second..]];
        LayerId[] right = [.. list[..first], .. LayerList.Normalise(list[first..])];
        return LayerList.Normalise(left).SequenceEqual(LayerList.Normalise(list)) && LayerList.Normalise(right).SequenceEqual(LayerList.Normalise(list));
    });

    [Fact]
    public void MRG_38_A_plan_covers_a_list_with_few_places_and_grows_linearly()
    {
        Random random = Soak.Random();
        for (int i = 0; i < Cases; i++)
        {
            long[] keys = [.. Enumerable.Range(1, random.Next(1, 60)).Select(static key => (long)key)];
            KnownRun[] runs = [.. Enumerable.Range(0, random.Next(6)).Select(id =>
            {
                int first = random.Next(keys.Length);
                return new KnownRun(id, random.Next(4) == 0 ? [1, 3] : keys[first..random.Next(first + 1, keys.Length + 1)]);
            })];
            List<StackSegment> cover = StackPlan.Cover(keys, runs);
            Assert.Equal(keys, cover.SelectMany(segment =>
                segment.Run is { } run ? runs[run].Keys : keys[segment.First..(segment.First + segment.Count)]));
            Assert.Equal(Fewest(keys, runs), cover.Count);
            KnownRun[] made = [.. runs, .. StackPlan.Missing(cover, 8, 4).Select((segment, at) =>
                new KnownRun(runs.Length + at, keys[segment.First..(segment.First + segment.Count)]))];
            Assert.InRange(StackPlan.Cover(keys, made).Count, 1, Math.Max(8, (keys.Length / 4) + 3));
        }
        // A chain that grows layer by layer: each layer goes into one run, once.
        var known = new List<KnownRun>();
        for (int length = 1; length <= 5000; length++)
        {
            long[] chain = [.. Enumerable.Range(1, length).Select(static key => (long)key)];
            known.AddRange(StackPlan.Missing(StackPlan.Cover(chain, known), 128, 64)
                .Select((segment, at) => new KnownRun(known.Count + at, chain[segment.First..(segment.First + segment.Count)])));
        }
        Assert.Equal(known.Sum(static run => run.Keys.Length), known.SelectMany(static run => run.Keys).Distinct().Count());
    }

    private static int Fewest(long[] keys, KnownRun[] runs)
    {
        var places = new int[keys.Length + 1];
        for (int end = 1; end <= keys.Length; end++)
        {
            places[end] = places[end - 1] + 1;
            foreach (KnownRun run in runs.Where(run => run.Keys.Length <= end && keys.AsSpan(end - run.Keys.Length, run.Keys.Length).SequenceEqual(run.Keys)))
            {
                places[end] = Math.Min(places[end], places[end - run.Keys.Length] + 1);
            }
        }
        return places[^1];
    }

    private static string Show(ModelLayer whole) => ModelText.Of(ModelRules.Apply(null, whole));

    internal static void Check(string figure, int most, Func<ImmutableList<ModelLayer>, bool> holds, int cases = Cases)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"CAIRN_SEED={Soak.Seed}");
        Arbitrary<ImmutableList<ModelLayer>> lists = Arb.From(
            Gen.Choose(0, int.MaxValue).Select(seed => RandomLayers.List(seed, most)), RandomLayers.Simpler);
        Prop.ForAll(lists, holds).Check(Config.QuickThrowOnFailure
            .WithMaxTest(cases)
            .WithReplay(new Replay(new Rnd((ulong)Soak.Seed, 1), null)));
        Soak.Note(figure, cases, 0);
    }
}
