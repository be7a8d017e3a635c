using System.Globalization;
using Cairn.Snapshotter.Merging;
using Cairn.Snapshotter.Store;
using Microsoft.Data.Sqlite;

namespace Cairn.Snapshotter.Layers;

/// <summary>Twins and flattened runs: made of layers, so nothing is lost with one. Mounts believe them, so they are checked.</summary>
public sealed class DerivedDirectories
{
    private readonly StoreRoot _store;
    private readonly ISnapshotter _snapshotter;

    /// <param name="store">Has them.</param>
    /// <param name="snapshotter">Keeps the layers while they are read.</param>
    public DerivedDirectories(StoreRoot store, ISnapshotter snapshotter)
    {
        _store = store;
        _snapshotter = snapshotter;
    }

    /// <summary>All that there are.</summary>
    public IReadOnlyList<DerivedDirectory> List() => _store.Read(connection =>
    {
        List<DerivedDirectory> found = [];
        using (SqliteCommand select = connection.CreateCommand())
        {
            select.CommandText = "SELECT id FROM layers WHERE family IS NOT NULL ORDER BY id";
            using SqliteDataReader reader = select.ExecuteReader();
            while (reader.Read())
            {
                var layer = new LayerId(reader.GetInt64(0));
                if (Directory.Exists(LayerTwin.DirectoryOf(_store, layer)))
                {
                    found.Add(new DerivedDirectory([layer], null, IsWhole: false));
                }
            }
        }
        using SqliteCommand runs = connection.CreateCommand();
        runs.CommandText = "SELECT id, sources, whole FROM flattened ORDER BY id";
        using SqliteDataReader rows = runs.ExecuteReader();
        while (rows.Read())
        {
            long[] keys = [.. rows.GetString(1).Split(',').Select(static key => long.Parse(key, CultureInfo.InvariantCulture))];
            found.Add(new DerivedDirectory([.. keys.Select(static key => new LayerId(key >> 1))], rows.GetInt64(0), rows.GetBoolean(2))
            {
                Twins = [.. keys.Select(static key => (key & 1) != 0)],
            });
        }
        return found;
    });

    /// <summary>What differs from the layers, a line for each path; null if it, or a layer of it, is not there any more.</summary>
    /// <param name="derived">One of <see cref="List"/>.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public IReadOnlyList<string>? Differences(DerivedDirectory derived, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(derived);
        if (derived.Layers.Any(layer => !_snapshotter.Exists(layer)))
        {
            return null;
        }
        using UsedLayers used = _snapshotter.Use(derived.Layers);
        string directory = derived.Run is { } run
            ? StagedLayer.ChangesIn(FlattenedRuns.DirectoryOf(_store, run)) : LayerTwin.DirectoryOf(_store, derived.Layers[0]);
        string[] sources = [.. derived.Layers.Select((layer, i) => derived.Run is not null && derived.Twins[i]
            ? LayerTwin.DirectoryOf(_store, layer) : _snapshotter.ChangesDirectory(layer))];
        return Directory.Exists(directory) && sources.All(Directory.Exists)
            ? FlattenedCheck.Differences([.. sources.Reverse()], directory, derived.IsWhole, cancellationToken)
            : null;
    }

    /// <summary>Takes one away; it is made again when a mount needs it.</summary>
    public void Remove(WriteTransaction transaction, DerivedDirectory derived)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentNullException.ThrowIfNull(derived);
        if (derived.Run is { } run)
        {
            FlattenedRuns.Remove(transaction, _store, run);
        }
        else
        {
            transaction.Trash(LayerTwin.DirectoryOf(_store, derived.Layers[0]));
        }
    }
}
