using System.Text.Json;
using System.Text.Json.Nodes;
using Cairn.Solver.History;
using Xunit;

namespace Cairn.Integration.Tests.Explain;

/// <summary>Causes of misses, planted with random names: each is found, with every field, and its neighbour is not taken for it.</summary>
public sealed class ExplainTests : IAsyncDisposable
{
    private readonly ExplainBench _bench = new();

    public static TheoryData<string> Names => [.. MissCases.All.Keys];

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_planted_cause_is_named_with_every_field_and_its_neighbour_differs(string name)
    {
        int seed = Random.Shared.Next();
        var names = new Names(seed);
        MissCase planted = MissCases.All[name](names);
        string context = names.Word();
        await _bench.BuildAsync(context, planted.Before);
        BuildRecord after = await _bench.BuildAsync(context, planted.After);
        Compare($"{name} (seed {seed})", planted.Step, planted.Cause, planted.Path, _bench.Explain(after, planted.Step));

        await _bench.BuildAsync(context, planted.Before);
        string step = planted.OtherStep ?? planted.Step;
        BuildRecord neighbour = await _bench.BuildAsync(context, planted.Neighbour);
        Compare($"neighbour of {name} (seed {seed})", step, planted.OtherCause, planted.OtherPath, _bench.Explain(neighbour, step));
    }

    /// <summary>All fields of the cause but hashes and times, which are looked at for what they must be.</summary>
    internal static void Compare(string name, string step, object? expected, string[]? path, JsonObject answer)
    {
        string text = $"{name}: {answer.ToJsonString()}";
        Assert.Contains(step, answer["step"]!["name"]!.GetValue<string>(), StringComparison.Ordinal);
        if (expected is null)
        {
            Assert.True(answer["outcome"]!.GetValue<string>() == "Cached" && answer["cause"] is null, text);
            return;
        }

        JsonObject cause = answer["cause"]!.DeepClone().AsObject();
        foreach (JsonNode? file in cause["files"]?.AsArray() ?? [])
        {
            string? old = TakeHash(file!["old"]), now = TakeHash(file["new"]);
            Assert.True(old != now, text);
        }

        if (cause.Remove("at", out JsonNode? at))
        {
            Assert.True(TimeProvider.System.GetUtcNow() - at!.GetValue<DateTimeOffset>() < TimeSpan.FromMinutes(10), text);
        }

        JsonNode wanted = JsonSerializer.SerializeToNode(expected)!;
        Assert.True(JsonNode.DeepEquals(wanted, cause), $"{text}\nexpected {wanted.ToJsonString()}");
        string[] steps = [.. answer["path"]!.AsArray().Select(static s => s!["name"]!.GetValue<string>()).Select(static s => s[(s.IndexOf("] ", StringComparison.Ordinal) + 2)..])];
        Assert.True(path is null ? steps.Length == 1 : steps.SequenceEqual(path, StringComparer.Ordinal), text);
    }

    private static string? TakeHash(JsonNode? file)
    {
        if (file is not JsonObject fields)
        {
            return null;
        }

        fields.Remove("hash", out JsonNode? hash);
        string value = hash!.GetValue<string>();
        Assert.Matches("^[0-9a-f]{64}$", value);
        return value;
    }
}
