using System.Globalization;
using Blake3;
using Cairn.Snapshotter.Manifests;
using Cairn.Snapshotter.Merging;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;
using Microsoft.Data.Sqlite;

namespace Cairn.Snapshotter.Layers;

/// <summary>A layer that is being filled or waits to be published. What is not published goes when it is disposed.</summary>
public sealed class StagedLayer : IDisposable
{
    private readonly StoreRoot _store;
    private readonly StagingDirectory _staging;
    private readonly HashSet<LayerId> _shared = [];
    private LayerSurvey? _survey;   // once there is one, the manifest is in the staging directory
    private Hash _manifestHash;

    internal StagedLayer(StoreRoot store, StagingDirectory staging, LayerSurvey? survey)
    {
        _store = store;
        _staging = staging;
        Directory = ChangesIn(staging.Path);
        Tree = RootedTree.Open(Directory);
        if (survey is not null)
        {
            Take(survey);
        }
    }

    /// <summary>Absolute path of the change directory; it moves when the layer is published.</summary>
    public string Directory { get; }

    /// <summary>The change directory as a tree: whiteouts show as character devices 0/0.</summary>
    public RootedTree Tree { get; }

    /// <summary>What it takes on disk. Measured at first use, so ask when it is filled and before the write turn.</summary>
    public LayerUsage Usage => Survey().Usage;

    /// <summary>What it changes; made in the same walk as <see cref="Usage"/>.</summary>
    public ChangeManifest Manifest => Survey().Manifest;

    /// <summary>
    /// Says that files here are hard links to files of a layer. Whoever links must say so: two layers with a file in common are never shown in
    /// one tree as they are, because two names there would be one file.
    /// </summary>
    public void ShareFilesOf(LayerId layer) => _shared.Add(layer);

    /// <summary>Gives the root what it has in the layer below. Before the first look at <see cref="Usage"/>.</summary>
    public void TakeRootOf(LayerId below, ISnapshotter snapshotter)
    {
        ArgumentNullException.ThrowIfNull(snapshotter);
        using UsedLayers used = snapshotter.Use([below]);
        LayerRoot.Copy(used.Directories[0], Directory);
    }

    /// <summary>Makes it a layer, visible when the transaction commits. If that fails it is as it was.</summary>
    public LayerId Publish(WriteTransaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        transaction.EnsureOf(_store);
        LayerUsage usage = Usage;
        SqliteCommand insert = transaction.Command(
            """
            INSERT INTO layers (sequence, boot, bytes, inodes, manifest, marks)
            VALUES ($sequence, $boot, $bytes, $inodes, $manifest, $marks) RETURNING id
            """);
        insert.Parameters.AddWithValue("$sequence", transaction.Sequence);
        insert.Parameters.AddWithValue("$boot", transaction.BootId);
        insert.Parameters.AddWithValue("$bytes", usage.Bytes);
        insert.Parameters.AddWithValue("$inodes", usage.Inodes);
        insert.Parameters.AddWithValue("$manifest", _manifestHash.ToArray());
        insert.Parameters.AddWithValue("$marks", OverlayMarks.Namespace);
        var id = new LayerId((long)insert.ExecuteScalar()!);
        LayerTable.JoinFamily(transaction, id, _shared);
        Failpoints.Hit("layer.inserted");
        transaction.Publish(_staging.Path, LayerDirectory(_store, id));
        return id;
    }

    /// <summary>Closes it and removes what was not published.</summary>
    public void Dispose()
    {
        Tree.Dispose();
        _staging.Dispose();
    }

    internal static string LayerDirectory(StoreRoot store, LayerId id) =>
        Path.Combine(store.Root, "layers", id.Value.ToString(CultureInfo.InvariantCulture));

    internal static string ChangesIn(string layerDirectory) => Path.Combine(layerDirectory, "fs");

    /// <summary>Makes an empty change directory.</summary>
    internal static StagingDirectory Create(StoreRoot store, string purpose)
    {
        StagingDirectory staging = store.Stage(purpose);
        try
        {
            string changes = ChangesIn(staging.Path);
            Files.MakeDirectory(Files.Anywhere, changes, 0x1ed);
            Files.SetMode(Files.Anywhere, changes, 0x1ed);   // 0755 whatever the umask
            return staging;
        }
        catch
        {
            staging.Dispose();
            throw;
        }
    }

    private LayerSurvey Survey() => _survey ?? Take(ManifestBuilder.Survey(Tree.Root, CancellationToken.None));

    private LayerSurvey Take(LayerSurvey survey)
    {
        _manifestHash = LayerManifests.WriteStaged(_staging.Path, survey.Manifest);
        return _survey = survey;
    }
}
