using Cairn.Cache.Refs;
using Cairn.Tests.Harness;

namespace Cairn.Cache.Tests;

/// <summary>Commands on a cache in a child process.</summary>
[ChildCommands]
internal static class CacheCommands
{
    /// <summary>open-cache ROOT: the cache of a test, once more.</summary>
    public static string OpenCache(ChildSession session, string[] arguments)
    {
        TestCache cache = TestCache.OpenAt(arguments[0]);
        session.Put("cache", cache);
        session.Put("store", cache.Store);
        session.Put("snapshotter", cache.Snapshotter);
        return cache.Store.Instance.Id;
    }

    /// <summary>unpack-image: brings an image of one layer here; the id of the layer.</summary>
    public static string UnpackImage(ChildSession session, string[] arguments)
    {
        (ImmutableRef image, RefContext context) = ChainImage.Add(session.Get<TestCache>("cache"), 1, null);
        using (image)
        {
            image.MakeLocalAsync(context, CancellationToken.None).GetAwaiter().GetResult();
            return $"{image.Layers[0].Directory}";
        }
    }

    /// <summary>build-layer PATH CONTENT: commits a layer with a file and keeps hold of it; the id of its ref.</summary>
    public static string BuildLayer(ChildSession session, string[] arguments)
    {
        TestCache cache = session.Get<TestCache>("cache");
        ImmutableRef built = cache.LayerAsync(null, "built", (arguments[0], arguments[1])).GetAwaiter().GetResult();
        built.MakeLocalAsync(cache.Context, CancellationToken.None).GetAwaiter().GetResult();
        session.Put("built", built);
        return built.Id.ToString();
    }

    /// <summary>files: paths and contents of what build-layer made.</summary>
    public static string Files(ChildSession session, string[] arguments) => string.Join(
        ' ', session.Get<TestCache>("cache").FilesAsync(session.Get<ImmutableRef>("built")).GetAwaiter().GetResult().Select(static file => $"{file.Key}={file.Value}"));

    /// <summary>prune: all that nobody uses; how many records went.</summary>
    public static string Prune(ChildSession session, string[] arguments) => session.Get<TestCache>("cache").Cache.Collector
        .PruneAsync(new Collection.PruneOptions { All = true }, null, CancellationToken.None).GetAwaiter().GetResult().Count.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>close-cache.</summary>
    public static string CloseCache(ChildSession session, string[] arguments)
    {
        session.Take<TestCache>("cache").DisposeAsync().AsTask().GetAwaiter().GetResult();
        return "";
    }
}
