namespace Cairn.Solver.History;

/// <summary>The words for why a step was carried out, as <see cref="StepRecipe.Miss"/> has them.</summary>
public static class MissWords
{
    /// <summary>The build said that the cache is not to be used.</summary>
    public const string IgnoresCache = "ignores-cache";

    /// <summary>There was a result whose bytes turned out to be gone.</summary>
    public const string ResultLost = "result-lost";

    /// <summary>Stored results were found, and none could be loaded.</summary>
    public const string LoadFailed = "load-failed";

    /// <summary>The cache could not be asked.</summary>
    public const string LookupFailed = "lookup-failed";

    /// <summary>Its own key counts for one session only.</summary>
    public const string VolatileKey = "volatile-key";

    /// <summary>An input has no key that may be stored.</summary>
    public const string InputWithoutKey = "input-without-key";

    /// <summary>No result is stored under these keys.</summary>
    public const string NoRecord = "no-record";
}
