using System.Diagnostics;
using System.Text.RegularExpressions;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Snapshotter.Trees;
using Cairn.Tests.Harness;
using Xunit;

namespace Cairn.Snapshotter.Tests.Additional;

/// <summary>Layers that a filesystem of another kind serves on demand, as one of a network would: it writes down what it is asked for.</summary>
public sealed partial class RemoteStoreTests : IDisposable
{
    private readonly OtherStore _other = new();
    private readonly TemporaryDirectory _directory = new();

    public void Dispose()
    {
        _directory.Dispose();
        _other.Dispose();
    }

    [Fact]
    public void MRG_35_A_step_on_a_merge_of_remote_layers_fetches_none_of_their_files()
    {
        string remote = Directory.CreateDirectory(_directory["remote"]).FullName;
        string log = _directory["log"];
        using Process server = Process.Start("/bin/bash", ["-c", $"exec bindfs -f -d '{_other.Root}' '{remote}' > '{log}' 2>&1"]);
        try
        {
            Await.True(() => File.Exists(remote + "/cairn.db") || server.HasExited, "the remote filesystem is mounted");
            Assert.False(server.HasExited, File.ReadAllText(log));
            using var own = new OwnStore(remote);
            Assert.Equal("overlay Join", $"{own.Snapshotter.Driver} {own.Snapshotter.Strategy}");
            LayerId[] layers = _other.TakeAll(own.Store);
            LayerId mine = OtherStore.Add(own.Store, own.Snapshotter, "mkdir d; echo mine > d/mine");
            LayerId[] merge = [layers[1], layers[3], mine, layers[4]];
            int before = Fetches(log);
            LayerId made;
            using (ActiveSnapshot step = own.Snapshotter.Prepare(merge))
            {
                step.Tree.WriteFile("/d/made", "made"u8, 0x1a4, FileOwner.Root, null);
                Assert.NotNull(step.Tree.Status("/large", followLinks: false));   // it is there, and known by its name
                using StagedLayer staged = step.Freeze(CancellationToken.None);
                _ = staged.Usage;
                made = own.Store.Write(staged.Publish);
            }
            Assert.Equal(before, Fetches(log));

            // And whoever reads a file gets it.
            using (SnapshotView view = own.Snapshotter.View([.. merge, made]))
            {
                Assert.Equal("2\n"u8.ToArray(), view.Tree.TryReadFile("/d/two", 10));
                Assert.Equal("mine\n"u8.ToArray(), view.Tree.TryReadFile("/d/mine", 10));
            }
            Assert.True(Fetches(log) > before, "the server writes down what is fetched");
        }
        finally
        {
            Shell.Run($"umount -l '{remote}'");
            server.WaitForExit();
        }
    }

    // Openings and readings of files; names and metadata are asked for otherwise.
    private static int Fetches(string log) => Fetch().Count(File.ReadAllText(log));

    [GeneratedRegex(@"opcode: (OPEN|READ) ")]
    private static partial Regex Fetch();
}
