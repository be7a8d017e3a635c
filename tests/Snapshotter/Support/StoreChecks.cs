using System.Globalization;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Manifests;
using Cairn.Snapshotter.Store;
using Microsoft.Data.Sqlite;

namespace Cairn.Snapshotter.Tests.Support;

/// <summary>What is true of a store whenever nobody is in the middle of something.</summary>
public static class StoreChecks
{
    /// <summary>What is wrong: layers that are not what their rows say, rows and directories without each other. Empty if all is well.</summary>
    public static IReadOnlyList<string> Problems(StoreRoot store, ISnapshotter snapshotter)
    {
        var problems = new List<string>();
        List<LayerId> layers = Layers(store);
        foreach (LayerId layer in layers)
        {
            problems.AddRange(Problems(snapshotter, layer));
        }
        IEnumerable<string> named = layers.Select(static layer => layer.ToString());
        IEnumerable<string> present = Entries(store, "layers");
        problems.AddRange(present.Except(named).Select(static name => $"layers/{name} has no row"));
        problems.AddRange(named.Except(present).Select(static name => $"layers/{name} is missing"));
        return problems;
    }

    /// <summary>How a layer differs from its manifest; also if it has none.</summary>
    public static IReadOnlyList<string> Problems(ISnapshotter snapshotter, LayerId layer)
    {
        using UsedLayers used = snapshotter.Use([layer]);
        LayerVerdict verdict = ManifestVerification.Check(
            snapshotter.Manifests.DirectoryOf(layer), snapshotter.Manifests.Proof(layer), CancellationToken.None);
        return verdict.IsManifestProven
            ? [.. verdict.Differences.Select(difference => $"layer {layer}: {difference}")]
            : [$"layer {layer} has no proven manifest"];
    }

    public static List<LayerId> Layers(StoreRoot store) => store.Read(static connection =>
    {
        using SqliteCommand select = connection.CreateCommand();
        select.CommandText = "SELECT id FROM layers ORDER BY id";
        using SqliteDataReader reader = select.ExecuteReader();
        var layers = new List<LayerId>();
        while (reader.Read())
        {
            layers.Add(new LayerId(reader.GetInt64(0)));
        }
        return layers;
    });

    /// <summary>Names in one of the store's directories.</summary>
    public static IReadOnlyList<string> Entries(StoreRoot store, string area) =>
        [.. Directory.GetFileSystemEntries(Path.Combine(store.Root, area)).Select(static path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    public static string Scalar(StoreRoot store, string sql) => store.Read(connection =>
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // The test says what it asks.
        command.CommandText = sql;
#pragma warning restore CA2100
        return Convert.ToString(command.ExecuteScalar(), CultureInfo.InvariantCulture)!;
    });
}
