using System.Diagnostics;
using System.Runtime.CompilerServices;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Tests.Support;

/// <summary>A process that works in a store until it is killed: this same program, told so by its environment.</summary>
internal static class Victim
{
    private const string RootVariable = "CAIRN_VICTIM_ROOT";
    private const string RunVariable = "CAIRN_VICTIM_RUN";

    /// <summary>Starts it. Its first line is "mounted PATH INSTANCE", written when everything is in the making.</summary>
    public static Process Start(string root, string run)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Cairn.Snapshotter.Tests"))
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        start.Environment[RootVariable] = root;
        start.Environment[RunVariable] = run;
        return Process.Start(start)!;
    }

    [ModuleInitializer]
    internal static void Run()
    {
        if (Environment.GetEnvironmentVariable(RootVariable) is not { } root)
        {
            return;
        }
        using StoreRoot store = StoreRoot.Open(
            new StoreOptions { Root = root, RunRoot = Environment.GetEnvironmentVariable(RunVariable)! }, []);
        ISnapshotter snapshotter = SnapshotterFactory.Open(store);
        using StagedLayer published = snapshotter.Stage();
        published.Tree.WriteFile("/f", "published"u8, 0x1a4, FileOwner.Root, null);
        LayerId layer = store.Write(published.Publish);

        using ActiveSnapshot active = snapshotter.Prepare([layer]);
        active.Tree.WriteFile("/g", "never published"u8, 0x1a4, FileOwner.Root, null);
        string path = active.Attach();
        using StagedLayer staged = snapshotter.Stage();
        staged.Tree.WriteFile("/h", "never published"u8, 0x1a4, FileOwner.Root, null);
        string trash = Path.Combine(root, "trash", store.Instance.Id + "-left");
        Directory.CreateDirectory(trash);
        File.WriteAllText(Path.Combine(trash, "i"), "");
        Console.WriteLine($"mounted {path} {store.Instance.Id}");
        Console.ReadLine();   // until it is killed; if the test dies instead, the input ends
        Environment.Exit(0);
    }
}
