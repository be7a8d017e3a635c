using System.Text.Json;

namespace Cairn.Integration.Tests.Caches;

/// <summary>What a build's progress says of its steps.</summary>
/// <param name="Run">How the program ended.</param>
/// <param name="Cached">Names of the steps of the definition that came from a cache.</param>
/// <param name="Executed">Names of those that were carried out.</param>
/// <param name="Errors">Errors of vertices, by name.</param>
/// <param name="Items">Ids of everything shown under vertices.</param>
internal sealed record CacheRun(
    Finished Run, IReadOnlySet<string> Cached, IReadOnlySet<string> Executed, IReadOnlyDictionary<string, string> Errors, IReadOnlySet<string> Items)
{
    public static async Task<CacheRun> BuildAsync(string root, params IReadOnlyList<string> arguments)
    {
        Finished run = await CairnProgram.RunAsync(["build", "--root", root, "--progress", "rawjson", .. arguments]);
        HashSet<string> cached = [], executed = [], items = [];
        Dictionary<string, string> errors = [];
        foreach (string line in run.Error.Split('\n').Where(line => line.StartsWith('{')))
        {
            JsonElement news = JsonDocument.Parse(line).RootElement;
            foreach (JsonElement vertex in List(news, "vertexes"))
            {
                string name = vertex.GetProperty("name").GetString()!;
                bool isStep = name.Contains("RUN", StringComparison.Ordinal) || name.Contains("COPY", StringComparison.Ordinal);
                if (isStep && vertex.TryGetProperty("cached", out JsonElement hit) && hit.GetBoolean())
                {
                    cached.Add(name);
                }
                else if (isStep && vertex.TryGetProperty("completed", out _))
                {
                    executed.Add(name);
                }

                if (vertex.TryGetProperty("error", out JsonElement error))
                {
                    errors[name] = error.GetString()!;
                }
            }

            items.UnionWith(List(news, "statuses").Select(status => status.GetProperty("id").GetString()!));
        }

        executed.ExceptWith(cached);
        return new CacheRun(run, cached, executed, errors, items);
    }

    public CacheRun Succeeded()
    {
        Run.Succeeded();
        return this;
    }

    private static JsonElement.ArrayEnumerator List(JsonElement news, string name) =>
        news.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : default;
}
