using Cairn.Protos.Pb;
using Google.Protobuf;

namespace Cairn.Llb.Building;

/// <summary>Changes of files that make one operation together, in order. Immutable: each method returns a longer chain.</summary>
/// <remarks>Relative paths are relative to the directory of the state that is changed or copied from. Modes are permission bits; times are nanoseconds since 1970.</remarks>
public sealed class FileActions
{
    private const int PermissionBits = 0x1ff;   // 0777
    private const long Unset = -1;

    private readonly Func<FileActionContext, FileAction>? _write;

    private FileActions(FileActions? previous, Func<FileActionContext, FileAction>? write, State? copiedState = null, BoundFileActions? copiedActions = null)
    {
        Previous = previous;
        _write = write;
        CopiedState = copiedState;
        CopiedActions = copiedActions;
    }

    /// <summary>No change yet.</summary>
    public static FileActions None { get; } = new(null, null);

    internal FileActions? Previous { get; }

    internal State? CopiedState { get; }

    internal BoundFileActions? CopiedActions { get; }

    internal bool IsEmpty => _write is null;

    /// <summary>Makes a directory; one that exists is left alone.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="mode">Permission bits.</param>
    /// <param name="makeParents">Make missing parents with the same mode, owner and time.</param>
    /// <param name="owner">Null for root.</param>
    /// <param name="timestamp">Null for the time of the build.</param>
    public FileActions MakeDirectory(string path, int mode, bool makeParents = false, FileOwner? owner = null, long? timestamp = null) =>
        Add(context => new FileAction
        {
            Mkdir = new FileActionMkDir
            {
                Path = context.TargetPath(path),
                Mode = mode & PermissionBits,
                MakeParents = makeParents,
                Owner = owner?.ToMessage(context.LookupInput),
                Timestamp = timestamp ?? Unset,
            },
        });

    /// <summary>Makes a file, or replaces the content of one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mode">Permission bits.</param>
    /// <param name="content">All of it.</param>
    /// <param name="owner">Null for root.</param>
    /// <param name="timestamp">Null for the time of the build.</param>
    public FileActions MakeFile(string path, int mode, ReadOnlyMemory<byte> content, FileOwner? owner = null, long? timestamp = null) =>
        Add(context => new FileAction
        {
            Mkfile = new FileActionMkFile
            {
                Path = context.TargetPath(path),
                Mode = mode & PermissionBits,
                Data = ByteString.CopyFrom(content.Span),
                Owner = owner?.ToMessage(context.LookupInput),
                Timestamp = timestamp ?? Unset,
            },
        });

    /// <summary>Makes a symbolic link.</summary>
    /// <param name="target">Where it leads, kept as it is written.</param>
    /// <param name="path">The link.</param>
    /// <param name="owner">Null for root.</param>
    /// <param name="timestamp">Null for the time of the build.</param>
    public FileActions MakeSymlink(string target, string path, FileOwner? owner = null, long? timestamp = null) =>
        Add(context => new FileAction
        {
            Symlink = new FileActionSymlink
            {
                Oldpath = target,
                Newpath = context.TargetPath(path),
                Owner = owner?.ToMessage(context.LookupInput),
                Timestamp = timestamp ?? Unset,
            },
        });

    /// <summary>Removes a file or a whole directory.</summary>
    /// <param name="path">What to remove.</param>
    /// <param name="allowNotFound">It may be missing.</param>
    /// <param name="allowWildcard">The path is a pattern.</param>
    public FileActions Remove(string path, bool allowNotFound = false, bool allowWildcard = false) =>
        Add(context => new FileAction
        {
            Rm = new FileActionRm { Path = context.TargetPath(path), AllowNotFound = allowNotFound, AllowWildcard = allowWildcard },
        });

    /// <summary>Copies from another state.</summary>
    /// <param name="source">The state to copy from.</param>
    /// <param name="from">Path or pattern in the source.</param>
    /// <param name="to">Destination; a slash at the end makes it a directory.</param>
    /// <param name="options">Null for the defaults.</param>
    public FileActions Copy(State source, string from, string to, CopyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new(this, CopyAction(from, to, options ?? new CopyOptions()), copiedState: source);
    }

    /// <summary>Copies from what other actions make, inside the same operation.</summary>
    /// <param name="source">See <see cref="On"/>.</param>
    /// <param name="from">Path or pattern in the source.</param>
    /// <param name="to">Destination; a slash at the end makes it a directory.</param>
    /// <param name="options">Null for the defaults.</param>
    public FileActions Copy(BoundFileActions source, string from, string to, CopyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new(this, CopyAction(from, to, options ?? new CopyOptions()), copiedActions: source);
    }

    /// <summary>These changes made to a state, as a source to copy from.</summary>
    public BoundFileActions On(State state) => new(state, this);

    internal FileAction Write(FileActionContext context) => _write!(context);

    private static Func<FileActionContext, FileAction> CopyAction(string from, string to, CopyOptions options) => context =>
    {
        var copy = new FileActionCopy
        {
            Src = context.SourcePath(from),
            Dest = context.DestinationPath(to),
            Owner = options.Owner?.ToMessage(context.LookupInput),
            Mode = options.SymbolicMode is null ? options.Mode ?? (int)Unset : 0,
            ModeStr = options.SymbolicMode ?? "",
            FollowSymlink = options.FollowSymlinks,
            DirCopyContents = options.CopyDirectoryContents,
            AttemptUnpackDockerCompatibility = options.AttemptUnpack,
            CreateDestPath = options.CreateDestinationPath,
            AllowWildcard = options.AllowWildcard,
            AllowEmptyWildcard = options.AllowEmptyWildcard,
            Timestamp = options.Timestamp ?? Unset,
            AlwaysReplaceExistingDestPaths = options.AlwaysReplace,
        };
        copy.IncludePatterns.Add(options.IncludePatterns);
        copy.ExcludePatterns.Add(options.ExcludePatterns);
        copy.RequiredPaths.Add(options.RequiredPaths);
        return new FileAction { Copy = copy };
    };

    private FileActions Add(Func<FileActionContext, FileAction> write) => new(this, write);
}
