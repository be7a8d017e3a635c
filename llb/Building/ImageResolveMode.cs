namespace Cairn.Llb.Building;

/// <summary>Where an image reference is looked up.</summary>
public enum ImageResolveMode
{
    /// <summary>Registry first.</summary>
    Default,

    /// <summary>Registry only.</summary>
    ForcePull,

    /// <summary>A local image store first.</summary>
    PreferLocal,
}
