using System.Collections.Concurrent;
using Blake3;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Cairn.Snapshotter.Manifests;

/// <summary>The manifests of published layers. A layer without one gets it at the first need.</summary>
public sealed class LayerManifests
{
    private readonly StoreRoot _store;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<LayerId, WeakReference<ChangeManifest>> _known = [];

    internal LayerManifests(StoreRoot store)
    {
        _store = store;
        _logger = store.Options.Loggers.CreateLogger("Cairn.Snapshotter.Manifests");
    }

    /// <summary>
    /// What a layer changes: from its stored manifest, which its row vouches for. If that is damaged, from the directory itself, as it is;
    /// <c>cairn store verify</c> tells of it.
    /// </summary>
    /// <exception cref="BuildException">There is no such layer.</exception>
    public ChangeManifest Read(LayerId layer)
    {
        if (_known.TryGetValue(layer, out WeakReference<ChangeManifest>? reference) && reference.TryGetTarget(out ChangeManifest? known))
        {
            return known;
        }
        ChangeManifest manifest = Load(layer);
        _known[layer] = new WeakReference<ChangeManifest>(manifest);
        return manifest;
    }

    /// <summary>What a layer's row vouches for.</summary>
    /// <exception cref="BuildException">There is no such layer.</exception>
    public LayerProof Proof(LayerId layer) => _store.Read(connection =>
    {
        using SqliteCommand select = connection.CreateCommand();
        select.CommandText = "SELECT manifest, contents FROM layers WHERE id = $id";
        select.Parameters.AddWithValue("$id", layer.Value);
        using SqliteDataReader reader = select.ExecuteReader();
        return reader.Read()
            ? new LayerProof(layer, HashAt(reader, 0), HashAt(reader, 1))
            : throw new BuildException(ErrorKind.Internal, "use layer", layer.ToString(), "the store does not have it");
    });

    /// <summary>
    /// The directory of a layer, which holds its changes, its manifest and its contents; that of the additional store it lies in, if it does
    /// and is there.
    /// </summary>
    public string DirectoryOf(LayerId layer) =>
        (layer.IsAdditional ? _store.Additional.TryLayerDirectory(layer) : null) ?? StagedLayer.LayerDirectory(_store, layer);

    /// <summary>Hashes of a layer's files, if somebody recorded them and they are intact.</summary>
    public LayerContents? TryReadContents(LayerId layer)
    {
        LayerProof proof = Proof(layer);
        if (proof is not { Manifest: { } manifest, Contents: { } hash } || ReadFile(layer, ManifestVerification.ContentsName) is not { } content
            || Hasher.Hash(content) != hash)
        {
            return null;
        }
        return LayerContents.Read(content, manifest);
    }

    /// <summary>
    /// Records what a layer's row does not vouch for yet. What it vouches for already stays: a manifest and contents never change.
    /// </summary>
    /// <param name="layer">The layer.</param>
    /// <param name="manifest">Of its directory.</param>
    /// <param name="contents">Of its files; null to record the manifest alone.</param>
    /// <returns>Whether something was recorded.</returns>
    public bool Record(LayerId layer, ChangeManifest manifest, LayerContents? contents)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        byte[] manifestBytes = manifest.Write();
        Hash manifestHash = Hasher.Hash(manifestBytes);
        byte[]? contentsBytes = contents?.Write(manifestHash);
        using StagingDirectory staging = _store.Stage("manifest");
        string stagedManifest = Path.Combine(staging.Path, ManifestVerification.ManifestName);
        string stagedContents = Path.Combine(staging.Path, ManifestVerification.ContentsName);
        File.WriteAllBytes(stagedManifest, manifestBytes);
        if (contentsBytes is not null)
        {
            File.WriteAllBytes(stagedContents, contentsBytes);
        }
        string directory = StagedLayer.LayerDirectory(_store, layer);   // also for a layer of another store: nothing is written there
        return _store.Write(transaction =>
        {
            bool recorded = Set(transaction, "UPDATE layers SET manifest = $hash WHERE id = $id AND manifest IS NULL", layer, manifestHash);
            if (recorded)
            {
                transaction.Publish(stagedManifest, Path.Combine(directory, ManifestVerification.ManifestName));
            }
            if (contentsBytes is not null && Set(
                transaction, "UPDATE layers SET contents = $hash WHERE id = $id AND contents IS NULL AND manifest = $manifest",
                layer, Hasher.Hash(contentsBytes), manifestHash))
            {
                transaction.Publish(stagedContents, Path.Combine(directory, ManifestVerification.ContentsName));
                recorded = true;
            }
            return recorded;
        });
    }

    /// <summary>Writes a new layer's manifest into its staging directory and gives its hash.</summary>
    internal static Hash WriteStaged(string stagingDirectory, ChangeManifest manifest)
    {
        byte[] content = manifest.Write();
        File.WriteAllBytes(Path.Combine(stagingDirectory, ManifestVerification.ManifestName), content);
        return Hasher.Hash(content);
    }

    private static Hash? HashAt(SqliteDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : Hash.FromBytes(reader.GetFieldValue<byte[]>(column));

    private static bool Set(WriteTransaction transaction, string sql, LayerId layer, Hash hash, Hash? manifest = null)
    {
        SqliteCommand update = transaction.Command(sql);
        update.Parameters.AddWithValue("$id", layer.Value);
        update.Parameters.AddWithValue("$hash", hash.ToArray());
        if (manifest is { } of)
        {
            update.Parameters.AddWithValue("$manifest", of.ToArray());
        }
        return update.ExecuteNonQuery() == 1;
    }

    private ChangeManifest Load(LayerId layer)
    {
        LayerProof proof = Proof(layer);
        if (proof.Manifest is { } hash)
        {
            byte[]? content = ReadFile(layer, ManifestVerification.ManifestName);
            if (content is not null && Hasher.Hash(content) == hash)
            {
                return ChangeManifest.Read(content);
            }
            _logger.ManifestDamaged(layer);
        }
        ChangeManifest manifest = ChangeManifest.Scan(StagedLayer.ChangesIn(DirectoryOf(layer)), CancellationToken.None);
        if (proof.Manifest is null)
        {
            Record(layer, manifest, contents: null);
        }
        return manifest;
    }

    // What was recorded here of a layer of another store lies here.
    private byte[]? ReadFile(LayerId layer, string name) =>
        ReadFile(Path.Combine(DirectoryOf(layer), name))
        ?? (layer.IsAdditional ? ReadFile(Path.Combine(StagedLayer.LayerDirectory(_store, layer), name)) : null);

    private static byte[]? ReadFile(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
