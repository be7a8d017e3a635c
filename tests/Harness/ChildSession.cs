using System.Collections.Concurrent;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;

namespace Cairn.Tests.Harness;

/// <summary>What a child process has open, by name.</summary>
internal sealed class ChildSession
{
    private readonly ConcurrentDictionary<string, object> _objects = new(StringComparer.Ordinal);

    /// <summary>The store that was opened last.</summary>
    public StoreRoot Store => Get<StoreRoot>("store");

    public ISnapshotter Snapshotter => Get<ISnapshotter>("snapshotter");

    public T Get<T>(string name) => (T)_objects[name];

    public void Put(string name, object value) => _objects[name] = value;

    /// <summary>Takes it out of the session; the caller disposes it.</summary>
    public T Take<T>(string name) =>
        _objects.TryRemove(name, out object? value) ? (T)value : throw new KeyNotFoundException($"there is no '{name}' here");
}
