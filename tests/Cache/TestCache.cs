using Cairn.Cache.Refs;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;
using Xunit;

namespace Cairn.Cache.Tests;

/// <summary>A cache over a real store in a directory of its own.</summary>
public sealed class TestCache : IAsyncDisposable
{
    private readonly bool _ownsRoot;
    private bool _isGone;

    private TestCache(string root, bool ownsRoot, string? driver, TimeProvider clock, Guid? boot = null)
    {
        Root = root;
        _ownsRoot = ownsRoot;
        Store = StoreRoot.Open(
            new StoreOptions
            {
                Root = Path.Combine(root, "store"), RunRoot = Path.Combine(root, "run"), Driver = driver, Clock = clock, BootId = boot,
            },
            [BuildCache.Schema]);
        Snapshotter = SnapshotterFactory.Open(Store);
        Cache = new BuildCache(Store, Snapshotter, new BuildCacheOptions { Clock = clock });
    }

    public string Root { get; }

    public StoreRoot Store { get; }

    public ISnapshotter Snapshotter { get; }

    public BuildCache Cache { get; }

    public RefStore Refs => Cache.Refs;

    public TestRegistry Registry { get; init; } = new();

    public RefContext Context => new(Registry, Registry);

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TestCache Open(string? driver = null, TimeProvider? clock = null) =>
        new(Directory.CreateTempSubdirectory("cairn-cache-").FullName, ownsRoot: true, driver, clock ?? TimeProvider.System);

    /// <summary>The same store, opened once more: by another process, as far as the store can tell.</summary>
    public TestCache OpenAgain() => new(Root, ownsRoot: false, null, TimeProvider.System) { Registry = Registry };

    /// <summary>The store of another process's test.</summary>
    public static TestCache OpenAt(string root) => new(root, ownsRoot: false, null, TimeProvider.System);

    /// <summary>The same store after the machine was started again; this opening is gone. Files are as they were left.</summary>
    public TestCache Boot()
    {
        _isGone = true;
        Store.Dispose();
        return new(Root, ownsRoot: false, null, TimeProvider.System, Guid.NewGuid()) { Registry = Registry };
    }

    /// <summary>One more layer with files written through a mounted tree.</summary>
    public async Task<ImmutableRef> LayerAsync(ImmutableRef? parent, string description, params (string Path, string Content)[] files)
    {
        return await ChangeAsync(parent, description, tree =>
        {
            foreach ((string path, string content) in files)
            {
                tree.MakeDirectory(TreePath.Split(path).Directory, 0x1ed, FileOwner.Root, new FileTimes(0), parents: true);
                tree.WriteFile(path, System.Text.Encoding.UTF8.GetBytes(content), 0x1a4, FileOwner.Root, new FileTimes(1_700_000_000_000_000_000));
            }
        });
    }

    public async Task<ImmutableRef> ChangeAsync(ImmutableRef? parent, string description, Action<RootedTree> change)
    {
        using MutableRef mutable = await Refs.PrepareAsync(parent, Context, Token);
        change(mutable.Tree.Tree);
        return await mutable.CommitAsync(new RefDescription(description), Token);
    }

    /// <summary>Paths and contents of the regular files of a ref, by path.</summary>
    public async Task<SortedDictionary<string, string>> FilesAsync(ImmutableRef reference)
    {
        using SnapshotView view = await reference.ViewAsync(Context, Token);
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        using var walk = new TreeWalk(view.Tree, "/");
        while (walk.MoveNext())
        {
            if (walk.Current.Status.IsRegular)
            {
                files[walk.Current.Path] = System.Text.Encoding.UTF8.GetString(view.Tree.TryReadFile(walk.Current.Path, 1 << 20)!);
            }
        }
        return files;
    }

    public long Count(string table) => Store.Read(connection =>
    {
        using Microsoft.Data.Sqlite.SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100
        command.CommandText = $"SELECT count(*) FROM {table}";
#pragma warning restore CA2100
        return (long)command.ExecuteScalar()!;
    });

    public async ValueTask DisposeAsync()
    {
        if (!_isGone)
        {
            await Cache.DisposeAsync();
            await Store.DisposeAsync();
        }
        if (_ownsRoot)
        {
            // Not Directory.Delete: names in a layer need not be text.
            using var remove = System.Diagnostics.Process.Start("rm", ["-rf", Root]);
            await remove.WaitForExitAsync(CancellationToken.None);
        }
    }
}
