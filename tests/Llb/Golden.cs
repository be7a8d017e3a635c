using System.Text.Json;

namespace Cairn.Llb.Tests;

/// <summary>Definitions made by the reference client, with their descriptions (tests/golden/README.md).</summary>
internal static class Golden
{
    private static readonly string Directory = FindDirectory();

    public static byte[] Definition(string name) => File.ReadAllBytes(Path.Combine(Directory, "definitions", name + ".pb"));

    public static IEnumerable<string> DefinitionNames() => Files("definitions");

    public static IEnumerable<string> AllDefinitionFiles() =>
        Files("definitions").Select(name => "definitions/" + name).Concat(Files("dockerfile").Select(name => "dockerfile/" + name));

    public static byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(Directory, name + ".pb"));

    public static IEnumerable<string> Lines(string name) => File.ReadLines(Path.Combine(Directory, name));

    public static JsonElement Index() => Json("definitions");

    public static JsonElement Caches() => Json("caches").GetProperty("caches");

    private static JsonElement Json(string folder)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Directory, folder, "index.json")));
        return document.RootElement.Clone();
    }

    private static IEnumerable<string> Files(string folder) =>
        System.IO.Directory.EnumerateFiles(Path.Combine(Directory, folder), "*.pb")
            .Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal);

    private static string FindDirectory()
    {
        for (string? at = AppContext.BaseDirectory; at is not null; at = Path.GetDirectoryName(at))
        {
            if (File.Exists(Path.Combine(at, "Build.sln")))
            {
                return Path.Combine(at, "tests", "golden");
            }
        }

        throw new DirectoryNotFoundException("no Build.sln above " + AppContext.BaseDirectory);
    }
}
