namespace Cairn.Frontend.Gateway;

/// <summary>Keys of a result's metadata (BuildKit's names, since exporters and clients look for them).</summary>
public static class ResultKeys
{
    /// <summary>Image config, JSON; with "/" and a platform id after it in a result divided by platform.</summary>
    public const string Config = "containerimage.config";

    /// <summary>Config of the base image; divided like <see cref="Config"/>.</summary>
    public const string BaseConfig = "containerimage.base.config";

    /// <summary>The list of platforms, JSON.</summary>
    public const string Platforms = "refs.platforms";
}
