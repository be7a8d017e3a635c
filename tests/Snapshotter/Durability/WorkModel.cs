using System.Globalization;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Snapshotter.Trees;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Cairn.Snapshotter.Tests.Durability;

/// <summary>What a worker may have left, by its log; and what is in a layer, by its key.</summary>
internal sealed class WorkModel
{
    /// <summary>Layers with their keys that must be there.</summary>
    public Dictionary<LayerId, int> Certain { get; } = [];

    /// <summary>Layers that may not be there any more.</summary>
    public HashSet<LayerId> Gone { get; } = [];

    /// <summary>Lines of the log.</summary>
    public int Lines { get; private set; }

    /// <summary>Reads what a process wrote down.</summary>
    /// <param name="log">Path.</param>
    /// <param name="onlySealed">The machine went down: what was not sealed is not certain.</param>
    /// <param name="before">What was there when it began.</param>
    public static WorkModel Read(string log, bool onlySealed, IReadOnlyDictionary<LayerId, int> before)
    {
        var model = new WorkModel();
        Dictionary<LayerId, int> present = new(before);
        HashSet<LayerId> removed = [];
        HashSet<LayerId> unsure = [];
        (Dictionary<LayerId, int> Present, HashSet<LayerId> Removed) sealing = (new(before), []);
        (Dictionary<LayerId, int> Present, HashSet<LayerId> Removed) durable = sealing;
        foreach (string line in File.Exists(log) ? File.ReadLines(log) : [])
        {
            model.Lines++;
            string[] words = line.Split(' ');
            switch (words[0])
            {
                case "published":
                    present[StoreCheck.Id(words[1])] = int.Parse(words[2], CultureInfo.InvariantCulture);
                    break;
                case "removing":
                    present.Remove(StoreCheck.Id(words[1]));
                    unsure.Add(StoreCheck.Id(words[1]));
                    break;
                case "removed":
                    removed.Add(StoreCheck.Id(words[1]));
                    break;
                case "sealing":
                    sealing = (new(present), [.. removed]);
                    break;
                case "sealed":
                    durable = sealing;
                    break;
            }
        }
        foreach ((LayerId layer, int key) in (onlySealed ? durable.Present : present).Where(pair => !unsure.Contains(pair.Key)))
        {
            model.Certain.Add(layer, key);
        }
        model.Gone.UnionWith(onlySealed ? durable.Removed : removed);
        return model;
    }

    /// <summary>How many of the certain layers are absent, or gone ones present. Every layer that shows is as it was made, or this fails.</summary>
    public int CountLost(StoreRoot store)
    {
        Dictionary<LayerId, int> present = Present(store);
        return Certain.Count(pair => !present.TryGetValue(pair.Key, out int key) || key != pair.Value) + Gone.Count(present.ContainsKey);
    }

    /// <summary>All layers with their keys; each is compared with what its key says.</summary>
    public static Dictionary<LayerId, int> Present(StoreRoot store)
    {
        Dictionary<LayerId, int> notes = store.Read(static connection =>
        {
            using SqliteCommand select = connection.CreateCommand();
            select.CommandText = "SELECT text FROM notes";
            using SqliteDataReader reader = select.ExecuteReader();
            Dictionary<LayerId, int> read = [];
            while (reader.Read())
            {
                string[] words = reader.GetString(0).Split(' ');
                read.Add(StoreCheck.Id(words[0]), int.Parse(words[1], CultureInfo.InvariantCulture));
            }
            return read;
        });
        Dictionary<LayerId, int> present = [];
        using var expected = new TemporaryDirectory();
        foreach (LayerId layer in StoreCheck.Layers(store))
        {
            int key = notes[layer];   // written in one transaction
            string model = expected[$"{layer}"];
            Directory.CreateDirectory(model);
            using RootedTree wanted = RootedTree.Open(model);
            Fill(wanted, key);
            using RootedTree found = RootedTree.Open(Path.Combine(store.Root, "layers", $"{layer}", "fs"));
            Assert.Equal(TreeText.Of(wanted, directoryTimes: false), TreeText.Of(found, directoryTimes: false));
            present.Add(layer, key);
        }
        return present;
    }

    /// <summary>The content of a layer.</summary>
    public static void Fill(RootedTree tree, int key)
    {
        var random = new Random(key);
        var time = new FileTimes(1_700_000_000_000_000_000 + random.Next());
        for (int i = random.Next(6); i > 0; i--)
        {
            byte[] content = new byte[random.Next(3) == 0 ? 0 : random.Next(60_000)];
            random.NextBytes(content);
            tree.MakeDirectory($"/d{i % 3}", 0x1ed, FileOwner.Root, time, parents: true);
            tree.WriteFile($"/d{i % 3}/f{i}", content, 0x1a4, FileOwner.Root, time);
        }
    }
}
