namespace Cairn.Llb.Building;

/// <summary>What an action needs to know of the operation it becomes a part of.</summary>
/// <param name="TargetDirectory">Directory that relative targets start from.</param>
/// <param name="SourceDirectory">Directory that relative copy sources start from.</param>
/// <param name="LookupInput">Input whose passwd and group files names are looked up in; -1 for none.</param>
internal sealed record FileActionContext(string TargetDirectory, string SourceDirectory, long LookupInput)
{
    public string TargetPath(string path) => Absolute(TargetDirectory, path);

    public string SourcePath(string path) => Absolute(SourceDirectory, path);

    /// <summary>As <see cref="TargetPath"/>, but a slash or a slash and dot at the end stays: it says that the destination is a directory.</summary>
    public string DestinationPath(string path)
    {
        string absolute = Absolute(TargetDirectory, path);
        if (path.EndsWith('/') && !absolute.EndsWith('/'))
        {
            return absolute + "/";
        }

        return !path.EndsWith("/.", StringComparison.Ordinal) ? absolute : absolute == "/" ? "/." : absolute + "/.";
    }

    private static string Absolute(string directory, string path)
    {
        string clean = UnixPath.Clean(path);
        return UnixPath.IsRooted(clean) ? clean : UnixPath.Join("/", directory, clean);
    }
}
