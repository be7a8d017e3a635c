using Cairn.Cache.Refs;
using Cairn.Llb;

namespace Cairn.Cache;

/// <summary>
/// A cached result cannot be had any more: its blob or directory is gone or damaged, and no source gives it back. Nothing is lost
/// but time: whoever holds the recipe makes the result again.
/// </summary>
public sealed class ResultLostException : BuildException
{
    internal ResultLostException(RefId reference, string subject, string reason, Exception? inner)
        : base(
            ErrorKind.Environment, "read cached result", subject, reason,
            "Build again; if it stays, run `cairn prune` or look at the store's disk.", inner)
    {
        Ref = reference;
    }

    /// <summary>The record that is lost; the cache has struck it from the results of all keys.</summary>
    public RefId Ref { get; }
}
