using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Tests.Harness;

namespace Cairn.Snapshotter.Tests.Merging;

/// <summary>Commands of a child process on trees of several layers.</summary>
[ChildCommands]
internal static class MergeCommands
{
    /// <summary>driver: the driver and the strategy in use.</summary>
    public static string Driver(ChildSession session, string[] arguments) =>
        $"{session.Snapshotter.Driver} {session.Snapshotter.Strategy}";

    /// <summary>fallbacks: what was tried first, the error number and how often, with commas.</summary>
    public static string Fallbacks(ChildSession session, string[] arguments) => string.Join(
        ',', session.Snapshotter.Fallbacks.Select(static pair => $"{pair.Key.From} {pair.Key.Errno} {pair.Value}"));

    /// <summary>names NAME: names in a tree, directories with a slash.</summary>
    public static string Names(ChildSession session, string[] arguments) => TreeText.Names(session.Get<MountedTree>(arguments[0]).Tree);

    /// <summary>delete NAME PATH…: removes paths of an active snapshot with all below them.</summary>
    public static string Delete(ChildSession session, string[] arguments)
    {
        foreach (string path in arguments[1..])
        {
            session.Get<ActiveSnapshot>(arguments[0]).Tree.Remove(path, recursive: true);
        }
        return "";
    }

    /// <summary>shell NAME SCRIPT: runs a script in an active snapshot.</summary>
    public static string RunIn(ChildSession session, string[] arguments) =>
        Shell.Run(arguments[1], session.Get<ActiveSnapshot>(arguments[0]).Attach());

    /// <summary>try-freeze ACTIVE STAGED: as freeze, but after a failure the active snapshot is still there.</summary>
    public static string TryFreeze(ChildSession session, string[] arguments)
    {
        ActiveSnapshot active = session.Get<ActiveSnapshot>(arguments[0]);
        session.Put(arguments[1], active.Freeze(CancellationToken.None));
        session.Take<ActiveSnapshot>(arguments[0]).Dispose();
        return "";
    }

    /// <summary>alternate ROUNDS: merges with a small layer and runs a step that adds a file, in turns; marks before each round.</summary>
    public static string Alternate(ChildSession session, string[] arguments)
    {
        ISnapshotter snapshotter = session.Snapshotter;
        List<LayerId> list = [];
        for (int i = 0; i < int.Parse(arguments[0], System.Globalization.CultureInfo.InvariantCulture); i++)
        {
            Recording.Mark($"round-{i}");
            using (StagedLayer small = snapshotter.Stage())
            {
                small.Tree.WriteFile($"/small-{i}", "x"u8, 0x1a4, null, null);
                _ = small.Usage;
                list.Add(session.Store.Write(small.Publish));
            }
            using ActiveSnapshot step = snapshotter.Prepare(list);
            step.Tree.WriteFile($"/step-{i}", "x"u8, 0x1a4, null, null);
            using StagedLayer staged = step.Freeze(CancellationToken.None);
            list.Add(session.Store.Write(staged.Publish));
        }
        Recording.Mark("round-end");
        using SnapshotView view = snapshotter.View(list);
        return TreeText.Names(view.Tree);
    }
}
