using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Xunit;

namespace Cairn.Solver.Tests.Scheduling.Planted;

/// <summary>
/// The shipped scheduler with a fault in it, together with the simulation, compiled from their sources: nothing of it is in the shipped program.
/// </summary>
internal sealed class PlantedSolver : IDisposable
{
    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static readonly Lazy<IReadOnlyList<MetadataReference>> References = new(static () =>
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(':').Select(static path => MetadataReference.CreateFromFile(path)),
    ]);

    private readonly AssemblyLoadContext _context = new(name: null, isCollectible: true);
    private readonly Func<int, object> _run;

    public PlantedSolver(PlantedFault? fault)
    {
        using var image = new MemoryStream();
        EmitResult emitted = Compile(fault).Emit(image, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(emitted.Success, string.Join('\n', emitted.Diagnostics.Where(static found => found.Severity == DiagnosticSeverity.Error)));
        image.Position = 0;
        MethodInfo run = _context.LoadFromStream(image).GetType(typeof(Simulation).FullName!)!.GetMethod(
            nameof(Simulation.Run), BindingFlags.Static | BindingFlags.Public, [typeof(int)])!;
        _run = run.CreateDelegate<Func<int, object>>();
    }

    /// <summary>Plays a seed.</summary>
    /// <returns>The first line of the complaint; null if there is none.</returns>
    public string? Run(int seed)
    {
        try
        {
            _run(seed);
            return null;
        }
        catch (Exception e) when (e.GetType().Name == nameof(SimulationFailure))
        {
            return e.Message.Split('\n')[0];
        }
    }

    public void Dispose() => _context.Unload();

    private static CSharpCompilation Compile(PlantedFault? fault, [CallerFilePath] string here = "")
    {
        string tests = Path.GetDirectoryName(Path.GetDirectoryName(here)!)!;
        string shipped = Path.Combine(tests, "../../../solver/Scheduling");
        var sources = new Dictionary<string, string>(StringComparer.Ordinal) { ["Usings.cs"] = Usings };
        foreach (string path in Directory.GetFiles(shipped, "*.cs").Order(StringComparer.Ordinal))
        {
            sources.Add(Path.GetFileName(path), File.ReadAllText(path));
        }

        foreach ((string file, string text, string planted) in fault?.Changes ?? [])
        {
            string source = sources[file];
            int at = source.IndexOf(text, StringComparison.Ordinal);
            Assert.True(at >= 0 && source.IndexOf(text, at + 1, StringComparison.Ordinal) < 0, $"{file} has this once, to be changed:\n{text}");
            sources[file] = source.Replace(text, planted, StringComparison.Ordinal);
        }

        foreach (string path in Directory.GetFiles(tests, "Simulat*.cs").Append(Path.Combine(tests, "CacheKeyIds.cs")))
        {
            if (Path.GetFileName(path) != "SimulationTests.cs")
            {
                sources.Add("tests/" + Path.GetFileName(path), File.ReadAllText(path));
            }
        }

        var parse = new CSharpParseOptions(LanguageVersion.Latest);
        return CSharpCompilation.Create(
            "Cairn.Solver.Planted",
            sources.Select(source => CSharpSyntaxTree.ParseText(source.Value, parse, source.Key)),
            References.Value,
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable));
    }
}
