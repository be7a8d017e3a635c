namespace Cairn.Solver.History;

/// <summary>An imported cache that was asked for a step, and what it said.</summary>
/// <param name="Source">The cache: kind and place.</param>
/// <param name="Answer">One of the words here.</param>
/// <param name="Reason">Why it could not be asked; null if it could.</param>
public sealed record AskedCache(string Source, string Answer, string? Reason)
{
    /// <summary>It has a result.</summary>
    public const string Result = "result";

    /// <summary>It knows the step, and has no result of it.</summary>
    public const string KeyOnly = "key-only";

    /// <summary>It does not know the step.</summary>
    public const string Missing = "missing";

    /// <summary>It could not be asked.</summary>
    public const string Failed = "failed";
}
