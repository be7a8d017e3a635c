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

    /// <summary>close-cache.</summary>
    public static string CloseCache(ChildSession session, string[] arguments)
    {
        session.Take<TestCache>("cache").DisposeAsync().AsTask().GetAwaiter().GetResult();
        return "";
    }
}
