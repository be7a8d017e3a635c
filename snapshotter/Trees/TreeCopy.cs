namespace Cairn.Snapshotter.Trees;

/// <summary>Copies files from one tree into another as LLB's copy action does.</summary>
public sealed class TreeCopy
{
    /// <summary>Copies.</summary>
    /// <param name="source">Tree to read.</param>
    /// <param name="sourcePath">Path in it; a wildcard if the options allow. A trailing slash means nothing here.</param>
    /// <param name="destination">Tree to change.</param>
    /// <param name="destinationPath">Path in it; with <c>/</c> or <c>/.</c> at the end it is a directory to be made.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Stops the copy; the destination is then incomplete.</param>
    /// <exception cref="Llb.BuildException">The source is absent, or something at the destination is in the way.</exception>
    public static void Copy(
        RootedTree source, string sourcePath, RootedTree destination, string destinationPath, TreeCopyOptions options,
        CancellationToken cancellationToken) => throw new NotImplementedException();
}
