namespace Cairn.Cache.Refs;

/// <summary>How the top of a ref came to be.</summary>
public enum RefKind
{
    /// <summary>One layer written here, on its parent or on nothing.</summary>
    Layer,

    /// <summary>A layer of an image, known by its blob.</summary>
    Image,

    /// <summary>The layers of several refs, one after the other.</summary>
    Merge,

    /// <summary>The changes between two refs.</summary>
    Diff,
}
