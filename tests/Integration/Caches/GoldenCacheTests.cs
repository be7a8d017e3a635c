using System.Text.Json;
using Xunit;

namespace Cairn.Integration.Tests.Caches;

/// <summary>Caches of the reference implementation are understood, and those written here have the same records (tests/golden/caches).</summary>
public sealed class GoldenCacheTests : IDisposable
{
    private const string Link = "LINK ";

    private readonly Workspace _workspace = new();

    private static string Golden => Path.Combine(CairnProgram.SourceRoot, "tests", "golden", "caches");

    public void Dispose() => _workspace.Dispose();

    [Theory]
    [InlineData("local-min", false)]
    [InlineData("local-min", true)]
    [InlineData("local-max", false)]
    [InlineData("local-max", true)]
    public async Task A_cache_of_the_reference_gives_the_hits_that_it_gives_there(string name, bool isChanged)
    {
        string context = _workspace.In("context");
        (await CairnProgram.ExecAsync("cp", "-r", Path.Combine(Golden, "src", "context"), context)).Succeeded();
        if (isChanged)
        {
            _workspace.Write("context/b.txt", "beta2\n");
        }

        CacheRun run = (await CacheRun.BuildAsync(
            _workspace.Root, "--cache-from", $"type=local,src={Path.Combine(Golden, name)}", "-o", $"type=tar,dest={_workspace.In("out.tar")}",
            "-f", Path.Combine(Golden, "src", "Dockerfile"), context)).Succeeded();

        JsonElement expected = Index().GetProperty("import_results").GetProperty(isChanged ? name + "-changed" : name);
        foreach (JsonElement step in expected.EnumerateArray())
        {
            // The merge at the end is no work of its own.
            string label = step.GetProperty("name").GetString()!;
            if (!label.Contains(Link, StringComparison.Ordinal))
            {
                Assert.Equal((label, step.GetProperty("cached").GetBoolean()), (label, run.Cached.Contains(label)));
                Assert.Equal((label, !step.GetProperty("cached").GetBoolean()), (label, run.Executed.Contains(label)));
            }
        }

        Finished text = (await CairnProgram.ExecAsync("tar", "-xOf", _workspace.In("out.tar"), "final/b.txt")).Succeeded();
        Assert.Equal(isChanged ? "beta2\n" : "beta\n", text.Output);
    }

    [Theory]
    [InlineData("min")]
    [InlineData("max")]
    public async Task The_same_build_exports_the_same_records(string mode)
    {
        string directory = _workspace.In("cache");
        (await CacheRun.BuildAsync(
            _workspace.Root, "--cache-to", $"type=local,dest={directory},mode={mode}", "-f", Path.Combine(Golden, "src", "Dockerfile"),
            Path.Combine(Golden, "src", "context"))).Succeeded();

        (string[] own, int[] ownParents) = Records(directory);
        (string[] expected, int[] parents) = Records(Path.Combine(Golden, "local-" + mode));

        Assert.Equal(expected, own);
        Assert.Equal(parents, ownParents);
    }

    // Each record as digest, inputs and length of its result's chain; layers by the length of their chains: blobs differ by the times in them.
    private static (string[] Records, int[] Chains) Records(string directory)
    {
        JsonElement manifest = Blob(directory, Read(Path.Combine(directory, "index.json")).GetProperty("manifests")[0].GetProperty("digest").GetString()!);
        JsonElement config = Blob(directory, manifest.GetProperty("config").GetProperty("digest").GetString()!);
        JsonElement[] layers = [.. config.GetProperty("layers").EnumerateArray()];
        JsonElement[] records = [.. config.GetProperty("records").EnumerateArray()];
        return (
            [
                .. records.Select(record =>
                {
                    string inputs = record.TryGetProperty("inputs", out JsonElement list) ? list.GetRawText() : "";
                    string result = record.TryGetProperty("layers", out JsonElement results) ? $" has {Length(results[0].GetProperty("layer").GetInt32())}" : "";
                    return $"{record.GetProperty("digest").GetString()} {inputs}{result}";
                }),
            ],
            [.. layers.Select((_, i) => Length(i)).Order()]);

        int Length(int layer)
        {
            int parent = layers[layer].TryGetProperty("parent", out JsonElement value) ? value.GetInt32() : 0;
            return parent < 0 ? 1 : 1 + Length(parent);
        }
    }

    private static JsonElement Blob(string directory, string digest) => Read(Path.Combine(directory, "blobs", digest.Replace(':', '/')));

    private static JsonElement Index() => Read(Path.Combine(Golden, "index.json"));

    private static JsonElement Read(string path) => JsonDocument.Parse(File.ReadAllBytes(path)).RootElement;
}
