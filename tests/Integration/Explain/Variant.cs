using Cairn.Solver.Keys;

namespace Cairn.Integration.Tests.Explain;

/// <summary>One state of a build's input.</summary>
internal sealed record Variant(string Dockerfile)
{
    /// <summary>Changes the context before the build.</summary>
    public Action<string> Files { get; init; } = static _ => { };

    /// <summary>Options of the frontend.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>Secrets by id.</summary>
    public IReadOnlyDictionary<string, string> Secrets { get; init; } = new Dictionary<string, string>();

    /// <summary>Imported caches.</summary>
    public IReadOnlyList<ICacheSource> Imports { get; init; } = [];

    /// <summary>Done before the build.</summary>
    public Func<ExplainBench, Task> Prepare { get; init; } = static _ => Task.CompletedTask;

    /// <summary>The build fails, unless its result is cached.</summary>
    public bool MayFail { get; init; }
}
