namespace Cairn.Cache.Refs;

/// <summary>What a person sees of a record.</summary>
/// <param name="Description">Free text, for instance the step that made it; becomes <c>created_by</c> of an exported layer.</param>
/// <param name="RecordType">One of the constants here.</param>
public sealed record RefDescription(string Description, string RecordType)
{
    /// <summary>A result of a build.</summary>
    public const string Regular = "regular";

    /// <summary>Kept for the engine's own use; pruned only with <c>all</c>.</summary>
    public const string Internal = "internal";

    /// <summary>A frontend's image; pruned only with <c>all</c>.</summary>
    public const string Frontend = "frontend";

    /// <summary>Files taken from the client.</summary>
    public const string LocalSource = "source.local";

    /// <summary>A checkout of a repository.</summary>
    public const string GitCheckout = "source.git.checkout";

    /// <summary>A persistent directory of RUN steps.</summary>
    public const string CacheMount = "exec.cachemount";

    /// <summary>What a failed step left, kept for a look at it.</summary>
    public const string FailedStep = "debug.failed-step";

    /// <summary>Description of a regular record.</summary>
    /// <param name="description">Free text.</param>
    public RefDescription(string description)
        : this(description, Regular)
    {
    }
}
