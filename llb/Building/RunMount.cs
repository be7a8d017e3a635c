using Cairn.Protos.Pb;

namespace Cairn.Llb.Building;

/// <summary>Something mounted beside the root while a command runs. Made by the methods of this class.</summary>
public sealed record RunMount
{
    private RunMount(string target, MountType type) => (Target, Type) = (target, type);

    /// <summary>Where it is mounted.</summary>
    public string Target { get; }

    internal MountType Type { get; }

    internal State? Source { get; private init; }

    internal string Selector { get; private init; } = "";

    internal bool IsReadOnly { get; private init; }

    internal bool HasNoOutput { get; private init; }

    internal CacheOpt? Cache { get; private init; }

    internal long TmpfsSize { get; private init; }

    internal MountContentCache ContentCache { get; private init; }

    internal bool HasOutput => Type == MountType.Bind && !IsReadOnly && !HasNoOutput;

    /// <summary>A tree, or a part of it.</summary>
    /// <param name="target">Where it is mounted.</param>
    /// <param name="source">The tree; scratch for an empty one.</param>
    /// <param name="selector">Path inside the tree; empty for all of it.</param>
    /// <param name="isReadOnly">The command cannot change it.</param>
    /// <param name="hasNoOutput">What the command changes is thrown away.</param>
    /// <param name="contentCache">Whether the content of the tree decides about cached results.</param>
    public static RunMount Bind(
        string target, State source, string selector = "", bool isReadOnly = false, bool hasNoOutput = false,
        MountContentCache contentCache = MountContentCache.Default) => new(target, MountType.Bind)
        {
            Source = source,
            Selector = selector,
            IsReadOnly = isReadOnly,
            HasNoOutput = hasNoOutput,
            ContentCache = contentCache,
        };

    /// <summary>A directory that outlives the build.</summary>
    /// <param name="target">Where it is mounted.</param>
    /// <param name="id">Names the directory.</param>
    /// <param name="sharing">What happens when another command uses it.</param>
    /// <param name="source">First content; null for an empty directory.</param>
    /// <param name="selector">Path inside the source; empty for all of it.</param>
    /// <param name="isReadOnly">The command cannot change it.</param>
    public static RunMount CacheDirectory(
        string target, string id, CacheSharingOpt sharing = CacheSharingOpt.Shared, State? source = null, string selector = "",
        bool isReadOnly = false) => new(target, MountType.Cache)
        {
            Source = source,
            Selector = selector,
            IsReadOnly = isReadOnly,
            Cache = new CacheOpt { ID = id, Sharing = sharing },
        };

    /// <summary>A directory in memory.</summary>
    /// <param name="target">Where it is mounted.</param>
    /// <param name="size">Most bytes; 0 for no limit.</param>
    public static RunMount Tmpfs(string target, long size = 0) => new(target, MountType.Tmpfs) { TmpfsSize = size };

    internal Mount ToMessage(long input, long output)
    {
        var message = new Mount
        {
            Input = input,
            Selector = Selector,
            Dest = Target,
            Output = output,
            Readonly = IsReadOnly,
            MountType = Type,
            CacheOpt = Cache?.Clone(),
            ContentCache = ContentCache,
        };
        if (Type == MountType.Tmpfs)
        {
            message.TmpfsOpt = new TmpfsOpt { Size = TmpfsSize };
        }

        return message;
    }
}
