using System.Globalization;
using Blake3;
using Cairn.Llb;
using Cairn.Snapshotter.Manifests;
using Cairn.Snapshotter.Merging;
using Cairn.Snapshotter.Store;
using Microsoft.Data.Sqlite;

namespace Cairn.Snapshotter.Layers;

/// <summary>Layers after a power cut.</summary>
public static class LayerRecovery
{
    /// <summary>
    /// Whether the directory of a layer is what was published: its manifest and the bytes of its files, as its row vouches for them. Where
    /// nobody has recorded what is in the files, nothing proves them.
    /// </summary>
    internal static bool IsProven(StoreRoot store, string name)
    {
        var manifests = new LayerManifests(store);
        LayerProof proof = manifests.Proof(new LayerId(long.Parse(name, CultureInfo.InvariantCulture)));
        string directory = StagedLayer.LayerDirectory(store, proof.Layer);
        try
        {
            if (proof.Manifest is null || (proof.Contents is null && HasBytes(directory)))
            {
                return false;
            }
            LayerVerdict verdict = ManifestVerification.Check(directory, proof, CancellationToken.None);
            return verdict.IsManifestProven && verdict.Differences.Count == 0;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or BuildException)
        {
            return false;
        }
    }

    /// <summary>Removes a layer whose directory is missing or damaged; what is left of it moves to the trash.</summary>
    public static void Remove(StoreRoot store, WriteTransaction transaction, LayerId layer)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        SqliteCommand delete = transaction.Command("DELETE FROM layers WHERE id = $id");
        delete.Parameters.AddWithValue("$id", layer.Value);
        delete.ExecuteNonQuery();
        transaction.Trash(StagedLayer.LayerDirectory(store, layer));
        FlattenedRuns.RemoveWith(transaction, store, layer);
    }

    /// <summary>Removes a flattened run of layers whose directory is missing or damaged; it is made again when it is worth it.</summary>
    public static void RemoveFlattened(StoreRoot store, WriteTransaction transaction, long run) => FlattenedRuns.Remove(transaction, store, run);

    /// <summary>
    /// Removes the rows of lost layers; all twins, which are made without a row, so that nothing says whether they are whole; and recorded
    /// contents that are not what the row says, because they may be younger than the layer.
    /// </summary>
    internal static void Drop(StoreRoot store, WriteTransaction transaction, IReadOnlyCollection<StoreFile> lost)
    {
        foreach (StoreFile file in lost.Where(static file => file.Area == "layers"))
        {
            Remove(store, transaction, new LayerId(long.Parse(file.Name, CultureInfo.InvariantCulture)));
        }
        foreach (StoreFile file in lost.Where(static file => file.Area == "flattened"))
        {
            FlattenedRuns.Remove(transaction, store, long.Parse(file.Name, CultureInfo.InvariantCulture));
        }
        ForgetTornContents(store, transaction);
        var twins = new List<long>();
        using (SqliteDataReader reader = transaction.Command("SELECT id FROM layers WHERE family IS NOT NULL").ExecuteReader())
        {
            while (reader.Read())
            {
                twins.Add(reader.GetInt64(0));
            }
        }
        foreach (long id in twins)
        {
            transaction.Trash(LayerTwin.DirectoryOf(store, new LayerId(id)));
        }
    }

    private static bool HasBytes(string directory)
    {
        byte[] manifest = File.ReadAllBytes(Path.Combine(directory, ManifestVerification.ManifestName));
        return ChangeManifest.Read(manifest).RegularFiles().Any(static file => file.Entry.Size > 0);
    }

    private static void ForgetTornContents(StoreRoot store, WriteTransaction transaction)
    {
        var torn = new List<LayerId>();
        using (SqliteDataReader reader = transaction.Command("SELECT id, contents FROM layers WHERE contents IS NOT NULL").ExecuteReader())
        {
            while (reader.Read())
            {
                var layer = new LayerId(reader.GetInt64(0));
                string file = ContentsOf(store, layer);
                if (!File.Exists(file) || Hasher.Hash(File.ReadAllBytes(file)) != Hash.FromBytes(reader.GetFieldValue<byte[]>(1)))
                {
                    torn.Add(layer);
                }
            }
        }
        foreach (LayerId layer in torn)
        {
            SqliteCommand forget = transaction.Command("UPDATE layers SET contents = NULL WHERE id = $id");
            forget.Parameters.AddWithValue("$id", layer.Value);
            forget.ExecuteNonQuery();
            transaction.Trash(ContentsOf(store, layer));
        }
    }

    private static string ContentsOf(StoreRoot store, LayerId layer) =>
        Path.Combine(StagedLayer.LayerDirectory(store, layer), ManifestVerification.ContentsName);
}
