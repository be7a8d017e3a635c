using System.Collections.Concurrent;
using System.Security.Cryptography;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Additional;

/// <summary>
/// Other stores that layers and blobs are found in, used where they lie and never written to. A layer of theirs that is used here has a row
/// here, with an id below zero, and a directory for what is derived from it, mostly empty.
/// </summary>
public sealed class AdditionalStores : IDisposable
{
    private readonly string _root;
    private readonly StoreIndex _own;
    private readonly ConcurrentDictionary<LayerId, string> _directories = [];   // of layers found since the last refresh

    private AdditionalStores(string root, StoreIndex own, IReadOnlyList<AdditionalStore> all)
    {
        _root = root;
        _own = own;
        All = all;
    }

    /// <summary>Every configured store in the order in which they are asked, also one that is left out.</summary>
    public IReadOnlyList<AdditionalStore> All { get; }

    /// <summary>What their owners should know, one sentence each.</summary>
    public IReadOnlyList<string> Warnings => [.. All.Select(store => store.Warning).OfType<string>()];

    /// <summary>Takes note of what has changed in the stores since they were opened or last refreshed.</summary>
    public void Refresh()
    {
        if (All.Count > 0)
        {
            foreach (AdditionalStore store in All)
            {
                store.Refresh();
            }
            _directories.Clear();
        }
    }

    /// <summary>Paths of a blob that is there whole, in the order of the stores.</summary>
    public IEnumerable<string> Blobs(Digest digest) => All.Select(store => store.TryBlob(digest)).OfType<string>();

    /// <summary>A layer of one of the stores, if it can be relied on and its directory is there.</summary>
    public AdditionalLayer? TryFind(AdditionalStore store, LayerId original)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (store.TryOrigin(original, out IReadOnlyList<LayerId> family) is not { } origin)
        {
            return null;
        }
        if (origin.Store != store.StoreId)
        {
            // It has the layer from another store, which may be one of ours.
            AdditionalStore? next = All.FirstOrDefault(other => other != store && other.StoreId == origin.Store);
            return next is null || next.TryOrigin(origin.Original, out _)?.Store != next.StoreId ? null : TryFind(next, origin.Original);
        }
        return Directory.Exists(StagedLayer.ChangesIn(store.LayerDirectory(original)))
            ? new AdditionalLayer(store, origin, family)
            : null;
    }

    /// <summary>Makes a found layer a layer of this store: a row and an empty directory, which may be there already.</summary>
    public LayerId Enter(WriteTransaction transaction, AdditionalLayer layer)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentNullException.ThrowIfNull(layer);
        LayerOrigin origin = layer.Origin;
        SqliteCommand select = transaction.Command(
            "SELECT store, original, bytes, inodes, manifest, marks, id FROM layers WHERE store = $store AND original = $original");
        select.Parameters.AddWithValue("$store", origin.Store);
        select.Parameters.AddWithValue("$original", origin.Original.Value);
        using (SqliteDataReader reader = select.ExecuteReader())
        {
            while (reader.Read())
            {
                if (LayerOrigin.Read(reader).IsSameAs(origin))
                {
                    return new LayerId(reader.GetInt64(6));
                }
            }
        }
        LayerId id = NewId();
        SqliteCommand insert = transaction.Command(
            """
            INSERT INTO layers (id, sequence, boot, bytes, inodes, store, original, manifest, marks)
            VALUES ($id, $sequence, $boot, $bytes, $inodes, $store, $original, $manifest, $marks)
            """);
        insert.Parameters.AddWithValue("$id", id.Value);
        insert.Parameters.AddWithValue("$sequence", transaction.Sequence);
        insert.Parameters.AddWithValue("$boot", transaction.BootId);
        insert.Parameters.AddWithValue("$bytes", origin.Usage.Bytes);
        insert.Parameters.AddWithValue("$inodes", origin.Usage.Inodes);
        insert.Parameters.AddWithValue("$store", origin.Store);
        insert.Parameters.AddWithValue("$original", origin.Original.Value);
        insert.Parameters.AddWithValue("$manifest", (object?)origin.Manifest?.ToArray() ?? DBNull.Value);
        insert.Parameters.AddWithValue("$marks", origin.Marks);
        insert.ExecuteNonQuery();
        Files.MakeDirectory(Files.Anywhere, Path.Combine(_root, "layers", id.ToString()), 0x1c0);   // should the turn fail, an empty one is left
        LayerTable.JoinFamily(transaction, id, Relatives(transaction, origin.Store, layer.Family));
        return id;
    }

    /// <summary>Makes the directory here of a layer of another store once more, should somebody have removed it.</summary>
    public void MakeDirectory(LayerId layer) =>
        Files.TryMakeDirectory(Files.Anywhere, Path.Combine(_root, "layers", layer.ToString()), 0x1c0);

    /// <summary>Unmounts all.</summary>
    public void Dispose()
    {
        foreach (AdditionalStore store in All)
        {
            store.Dispose();
        }
    }

    /// <summary>Opens the stores that the options name.</summary>
    /// <param name="options">Of the store that they are added to.</param>
    /// <param name="schemas">Tables of every room.</param>
    /// <param name="own">Index of the store that they are added to.</param>
    /// <param name="runDirectory">Run directory of its instance.</param>
    /// <exception cref="BuildException">Input: a path is not that of a store, or of this very store.</exception>
    internal static AdditionalStores Open(
        StoreOptions options, IReadOnlyList<StoreSchema> schemas, StoreIndex own, string runDirectory)
    {
        ILogger logger = options.Loggers.CreateLogger("Cairn.Snapshotter.Additional");
        var stores = new AdditionalStores(options.Root, own, [.. Distinct(options)
            .Select((path, number) => new AdditionalStore(path, runDirectory, number, options, schemas, logger))]);
        try
        {
            stores.Refresh();
            return stores;
        }
        catch
        {
            stores.Dispose();
            throw;
        }
    }

    /// <summary>Directory of a layer of an additional store, the one that has its changes; null if the store or the layer is not there.</summary>
    internal string? TryLayerDirectory(LayerId layer)
    {
        if (_directories.TryGetValue(layer, out string? known))
        {
            return known;
        }
        if (OriginOf(layer) is not { } origin)
        {
            return null;
        }
        foreach (AdditionalStore store in All.Where(store => store.StoreId == origin.Store))
        {
            if (store.TryOrigin(origin.Original, out _) is { } found && found.IsSameAs(origin))
            {
                return _directories.GetOrAdd(layer, store.LayerDirectory(origin.Original));
            }
        }
        return null;
    }

    /// <summary>Locks a layer where it lies, so that its owner does not delete it; null if it is not there, or about to go.</summary>
    internal SafeFileHandle? TryPin(LayerId layer)
    {
        if (TryLayerDirectory(layer) is not { } path)
        {
            return null;
        }
        AdditionalStore store = All.First(store => path.StartsWith(store.Mount + "/", StringComparison.Ordinal));
        SafeFileHandle? directory = Files.TryOpenAt(Files.Anywhere, path, Libc.O_RDONLY | Libc.O_DIRECTORY, 0, out int errno);
        if (directory is null)
        {
            return errno == Errno.ENOENT ? null : throw new NativeException("open", path, errno);
        }
        // Under the lock it must still have its name: it may have gone to the trash before.
        if (store.TryLock(directory) && Files.TryStatus(Files.Anywhere, path)?.Identity == Files.Status(directory).Identity)
        {
            return directory;
        }
        directory.Dispose();
        return null;
    }

    /// <summary>The error for a layer that is not there; it names layer and store.</summary>
    public BuildException Missing(LayerId layer)
    {
        if (OriginOf(layer) is not { } origin)
        {
            return new BuildException(ErrorKind.Internal, "use layer", layer.ToString(), "the store does not have it");
        }
        AdditionalStore? store = All.FirstOrDefault(store => store.StoreId == origin.Store);
        return new BuildException(
            ErrorKind.Environment, "use layer", $"{origin.Original} of additional store {store?.Path ?? origin.Store}",
            store is null ? "layer not found: that store is not among the additional stores" : "layer not found",
            "Give the store as additional store again, or build again: what stands on the layer is then made anew.");
    }

    private static List<string> Distinct(StoreOptions options)
    {
        var seen = new HashSet<(ulong, ulong)>();
        var distinct = new List<string>();
        FileStatus own = Files.Status(Files.Anywhere, options.Root + "/.");
        foreach (string given in options.AdditionalStores)
        {
            string path = Path.GetFullPath(given);
            if (!Directory.Exists(path))
            {
                throw Unusable(path, "there is no such directory");
            }
            FileStatus status = Files.Status(Files.Anywhere, path + "/.");
            if ((status.Device, status.Inode) == (own.Device, own.Inode))
            {
                throw Unusable(path, "it is the store itself");
            }
            if (Files.TryStatus(Files.Anywhere, Path.Combine(path, IndexMark.DatabaseName)) is null)
            {
                throw Unusable(path, $"it is no store: it has no {IndexMark.DatabaseName}");
            }
            if (seen.Add((status.Device, status.Inode)))
            {
                distinct.Add(path);
            }
        }
        return distinct;
    }

    private static BuildException Unusable(string path, string reason) => new(
        ErrorKind.Input, "open additional store", path, reason, "Give the directory that was the --root of the builds that filled it.");

    // Layers of the same family that have rows here already.
    private static List<LayerId> Relatives(WriteTransaction transaction, string store, IReadOnlyList<LayerId> family)
    {
        if (family.Count == 0)
        {
            return [];
        }
        SqliteCommand select = transaction.Command(
            "SELECT id FROM layers WHERE store = $store AND original IN (SELECT value FROM json_each($family))");
        select.Parameters.AddWithValue("$store", store);
        select.Parameters.AddWithValue("$family", "[" + string.Join(',', family) + "]");
        using SqliteDataReader reader = select.ExecuteReader();
        List<LayerId> relatives = [];
        while (reader.Read())
        {
            relatives.Add(new LayerId(reader.GetInt64(0)));
        }
        return relatives;
    }

    // Random, so that an id is not used again; and far from the ids of own layers, so that negated ones are no other layer's.
    private static LayerId NewId() =>
        new(-1 - (BitConverter.ToInt64(RandomNumberGenerator.GetBytes(8)) & long.MaxValue | (1L << 62)));

    private LayerOrigin? OriginOf(LayerId layer) => _own.Read(connection =>
    {
        using SqliteCommand select = connection.CreateCommand();
        select.CommandText = "SELECT store, original, bytes, inodes, manifest, marks FROM layers WHERE id = $id AND store IS NOT NULL";
        select.Parameters.AddWithValue("$id", layer.Value);
        using SqliteDataReader reader = select.ExecuteReader();
        return reader.Read() ? LayerOrigin.Read(reader) : null;
    });
}
