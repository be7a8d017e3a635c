using System.Globalization;
using Cairn.Snapshotter.Layers;
using Cairn.Tests.Harness;

namespace Cairn.Snapshotter.Tests.Deletion;

/// <summary>Commands for what a test of deletion repeats often.</summary>
[ChildCommands]
internal static class DeletionCommands
{
    /// <summary>make-layers COUNT FILES: layers with that many files each; their ids.</summary>
    public static string MakeLayers(ChildSession session, string[] arguments)
    {
        var layers = new List<string>();
        for (int i = 0; i < Number(arguments[0]); i++)
        {
            using StagedLayer staged = session.Snapshotter.Stage();
            for (int file = 0; file < Number(arguments[1]); file++)
            {
                File.WriteAllBytes(Path.Combine(staged.Directory, $"f{file}"), []);
            }
            _ = staged.Usage;
            layers.Add(session.Store.Write(staged.Publish).ToString());
        }
        return string.Join(',', layers);
    }

    /// <summary>remove-each LAYERS: each in a write turn of its own.</summary>
    public static string RemoveEach(ChildSession session, string[] arguments)
    {
        foreach (LayerId layer in StoreCommands.Layers(arguments[0]))
        {
            session.Store.Write(transaction => session.Snapshotter.Remove(transaction, layer, force: false));
        }
        return "";
    }

    /// <summary>read-often COUNT LAYER.</summary>
    public static string ReadOften(ChildSession session, string[] arguments)
    {
        LayerId layer = StoreCommands.Layers(arguments[1])[0];
        for (int i = 0; i < Number(arguments[0]); i++)
        {
            session.Snapshotter.Usage(layer);
        }
        return "";
    }

    /// <summary>cycle COUNT: makes and deletes a layer that often; descriptors, managed bytes and lines of /proc/locks of this process after.</summary>
    public static string Cycle(ChildSession session, string[] arguments)
    {
        for (int i = 0; i < Number(arguments[0]); i++)
        {
            using StagedLayer staged = session.Snapshotter.Stage();
            _ = staged.Usage;
            LayerId layer = session.Store.Write(staged.Publish);
            using (session.Snapshotter.Use([layer]))
            {
            }
            session.Store.Write(transaction => session.Snapshotter.Remove(transaction, layer, force: false));
        }
        session.Store.EmptyTrashAsync(CancellationToken.None).GetAwaiter().GetResult();
        int descriptors = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        int locks = File.ReadLines("/proc/locks").Count(line => line.Contains($" {Environment.ProcessId} ", StringComparison.Ordinal));
        return string.Create(CultureInfo.InvariantCulture, $"{descriptors} {GC.GetTotalMemory(forceFullCollection: true)} {locks}");
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
