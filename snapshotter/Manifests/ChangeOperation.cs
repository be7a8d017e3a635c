namespace Cairn.Snapshotter.Manifests;

/// <summary>What a layer says about a name.</summary>
public enum ChangeOperation
{
    /// <summary>It is this file; a directory shows with what lower layers have in it.</summary>
    Set,

    /// <summary>It is deleted.</summary>
    Whiteout,

    /// <summary>It is this directory, and nothing of it in lower layers shows.</summary>
    Opaque,
}
