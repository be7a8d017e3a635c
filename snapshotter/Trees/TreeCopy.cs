using Cairn.Llb;
using Cairn.Llb.Matching;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Tars;

namespace Cairn.Snapshotter.Trees;

/// <summary>Copies files from one tree into another as LLB's copy action does.</summary>
/// <remarks>Source: the copy action of LLB; wildcards as Go's filepath.Match.</remarks>
public sealed class TreeCopy
{
    private readonly RootedTree _source;
    private readonly RootedTree _destination;
    private readonly TreeCopyOptions _options;
    private readonly CancellationToken _cancellation;

    private TreeCopy(RootedTree source, RootedTree destination, TreeCopyOptions options, CancellationToken cancellationToken)
    {
        _source = source;
        _destination = destination;
        _options = options;
        _cancellation = cancellationToken;
    }

    /// <summary>Copies.</summary>
    /// <param name="source">Tree to read.</param>
    /// <param name="sourcePath">Path in it; a wildcard if the options allow. A trailing slash means nothing here.</param>
    /// <param name="destination">Tree to change.</param>
    /// <param name="destinationPath">Path in it; with <c>/</c> or <c>/.</c> at the end it is a directory to be made.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Stops the copy; the destination is then incomplete.</param>
    /// <exception cref="BuildException">The source is absent, or something at the destination is in the way.</exception>
    public static void Copy(
        RootedTree source, string sourcePath, RootedTree destination, string destinationPath, TreeCopyOptions options,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(sourcePath);
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(destinationPath);
        ArgumentNullException.ThrowIfNull(options);
        new TreeCopy(source, destination, options, cancellationToken).Copy(sourcePath, destinationPath);
    }

    /// <summary>The paths that a source with wildcards stands for, in byte order; a path without wildcards stands for itself.</summary>
    /// <param name="tree">Where to look.</param>
    /// <param name="path">Absolute path; <c>*</c> does not cross a slash, a matched directory is not looked into.</param>
    public static IReadOnlyList<string> Expand(RootedTree tree, string path)
    {
        ArgumentNullException.ThrowIfNull(tree);
        string clean = TreePath.Clean(path);
        string[] parts = clean.Split('/', StringSplitOptions.RemoveEmptyEntries);
        int first = Array.FindIndex(parts, GoPathMatch.HasWildcard);
        if (first < 0)
        {
            return [clean];
        }
        string start = "/" + string.Join('/', parts[..first]);
        string pattern = string.Join('/', parts[first..]);
        int depth = parts.Length - first;
        var matches = new List<string>();
        if (tree.Status(start, followLinks: true) is not { IsDirectory: true })
        {
            return matches;
        }
        using var walk = new TreeWalk(tree, start);
        walk.MoveNext();
        while (walk.MoveNext())
        {
            string relative = start.Length == 1 ? walk.Current.Path[1..] : walk.Current.Path[(start.Length + 1)..];
            if (GoPathMatch.IsMatch(pattern, relative))
            {
                matches.Add(walk.Current.Path);
                walk.SkipContents();
            }
            else if (relative.Count(static c => c == '/') + 1 >= depth)
            {
                walk.SkipContents();   // nothing deeper can match
            }
        }
        return matches;
    }

    private void Copy(string sourcePath, string destinationPath)
    {
        string destination = TreePath.Clean(destinationPath);
        bool isDirectory = destinationPath.EndsWith('/') || destinationPath.EndsWith("/.", StringComparison.Ordinal);
        if (!_options.CreateDestinationPath)
        {
            string parent = TreePath.Split(destination).Directory;
            if (_destination.Status(parent, followLinks: true) is null)
            {
                throw new BuildException(ErrorKind.Input, "stat", parent, NativeException.Text(Errno.ENOENT));
            }
        }
        IReadOnlyList<string> sources = _options.AllowWildcard ? Expand(_source, sourcePath) : [TreePath.Clean(sourcePath)];
        if (sources.Count == 0 && !_options.AllowEmptyWildcard)
        {
            throw new BuildException(ErrorKind.Input, "", "", $"{sourcePath} not found");
        }
        foreach (string source in sources)
        {
            CopyOne(source, destination, isDirectory);
        }
    }

    private void CopyOne(string source, string destination, bool isDirectory)
    {
        if (_options.UnpackArchives && TryUnpack(source, destination))
        {
            return;
        }
        string followed = _source.Resolve(source, _options.FollowSymlink);
        FileStatus status = _source.Status(followed, followLinks: false)
            ?? throw new BuildException(ErrorKind.Input, "", "lstat " + source, NativeException.Text(Errno.ENOENT));
        IReadOnlyList<string> made = MakeDirectories(isDirectory ? destination : TreePath.Split(destination).Directory);
        string target = _destination.Resolve(destination, followLast: true);
        FileStatus? existing = _destination.Status(target, followLinks: false);
        string name = TreePath.Split(source).Name;
        bool goesInside = status.IsDirectory ? existing is not null && !_options.DirectoryContents : existing is { IsDirectory: true };
        if (goesInside && name.Length > 0)
        {
            target = TreePath.Join(target, name);
        }
        using (var run = new CopyRun(_source, _destination, _options, made, _cancellation))
        {
            run.Copy(followed, status, target);
        }
        SetTimestamps(made);
    }

    private IReadOnlyList<string> MakeDirectories(string path) => _destination.MakeDirectory(
        path, _options.Mode ?? 0x1ed, _options.Owner ?? FileOwner.Root,
        _options.Timestamp is { } timestamp ? new FileTimes(timestamp) : null, parents: true);

    // What was copied into them changed their times.
    private void SetTimestamps(IReadOnlyList<string> made)
    {
        if (_options.Timestamp is { } timestamp)
        {
            foreach (string path in made)
            {
                _destination.SetMetadata(path, new FileChange { Times = new FileTimes(timestamp) }, followLinks: false);
            }
        }
    }

    private bool TryUnpack(string source, string destination)
    {
        string followed = _source.Resolve(source, followLast: true);
        if (_source.Status(followed, followLinks: false) is not { IsRegular: true })
        {
            return false;
        }
        using Stream file = _source.OpenRead(followed);
        if (!TreeUnpack.IsArchive(file))
        {
            return false;
        }
        IReadOnlyList<string> made = _destination.MakeDirectory(
            destination, 0x1ed, _options.Owner ?? FileOwner.Root,
            _options.Timestamp is { } timestamp ? new FileTimes(timestamp) : null, parents: true);
        TreeUnpack.Extract(file, _destination, destination, _options.Owner, _options.Timestamp, _cancellation);
        SetTimestamps(made);
        return true;
    }
}
