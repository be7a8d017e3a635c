using Cairn.Snapshotter.Tests.Support;
using Cairn.Tests.Harness;
using Xunit;

namespace Cairn.Snapshotter.Tests.Additional;

/// <summary>Processes compute differences of layers of one additional store at once.</summary>
public sealed class AdditionalDifferenceTests : IDisposable
{
    private static readonly int Count = Soak.Choose(60, 200);

    private readonly OtherStore _other = new();
    private readonly TemporaryDirectory _directory = new();

    public void Dispose()
    {
        _directory.Dispose();
        _other.Dispose();
    }

    [Theory]
    [InlineData("overlay")]
    [InlineData("native")]
    public void AIS_01_Differences_in_two_processes_are_all_the_same_and_leave_nothing(string driver)
    {
        string before = _other.Listing();
        Differ("p1", "p2", driver, _other.Root, trace: null);
        Assert.Equal(before, _other.Listing());
    }

    [Fact]
    public void AIS_02_Of_a_store_that_is_mounted_read_only_nothing_is_opened_to_write()
    {
        string mount = _directory["mounted"];
        Directory.CreateDirectory(mount);
        Shell.Run($"mount --bind '{_other.Root}' '{mount}' && mount -o remount,bind,ro '{mount}'");
        try
        {
            string before = _other.Listing();
            foreach (Recording recording in Differ("p1", "p2", "overlay", mount, "openat2,open,creat,linkat,link,mkdirat,unlinkat,renameat2,setxattr,fsetxattr,utimensat"))
            {
                // The store is reached through mounts of the instances; both names are looked for.
                Assert.Contains(recording.Calls, static call => call.Target.Contains("/additional-0/", StringComparison.Ordinal));
                Assert.DoesNotContain(recording.Calls, call => (call.OpensToWrite || call.Name is not ("open" or "openat" or "openat2"))
                    && !call.Failed && (call.Target.Contains("/additional-0/", StringComparison.Ordinal)
                        || call.Target.StartsWith(mount + "/", StringComparison.Ordinal) || call.Target.StartsWith(_other.Root + "/", StringComparison.Ordinal)));
            }
            Assert.Equal(before, _other.Listing());
        }
        finally
        {
            Shell.Run($"umount '{mount}'");
        }
    }

    [Fact]
    public void AIS_04_A_process_that_is_killed_disturbs_nobody_and_what_it_left_goes_when_its_store_is_opened()
    {
        using ChildProcess victim = Start("p1", "overlay", _other.Root, null, out string first);
        using ChildProcess other = Start("p2", "overlay", _other.Root, null, out string second);
        string instance = victim.Do("query", "SELECT 1");
        victim.Do("view", "v", first);
        victim.Do("attach", "v");
        victim.Send("diffs", "100000", "", first);
        other.Send("diffs", "30", "", second);
        string left = Directory.GetDirectories(Directory.GetDirectories(_directory["p1-run"]).Single()).Single();
        Await.True(() => Directory.GetDirectories(_directory["p1"] + "/staging").Length > 0, "the victim computes a difference");
        victim.Kill();
        Assert.Equal("1", instance);
        Assert.Single(other.Answer().Split(','));
        Assert.True(Directory.Exists(left));

        string listing = _other.Listing();
        using (ChildProcess again = ChildProcess.Start())
        {
            again.Do("open", _directory["p1"], _directory["p1-run"], "additional=" + _other.Root);
            Assert.Equal(Path.GetFileName(left), again.Do("reclaimed"));
            Assert.False(Directory.Exists(left));
            Assert.DoesNotContain(left, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
            again.Do("empty-trash");
            again.Do("close");
            again.Exit();
        }
        Assert.Equal(listing, _other.Listing());   // the mount of it was taken away, and not emptied
        other.Do("close");
        other.Exit();
    }

    [Fact]
    public void AIS_04_What_somebody_put_under_a_stale_mount_point_is_still_there()
    {
        using ChildProcess victim = Start("p1", "overlay", _other.Root, null, out string layers);
        victim.Do("view", "v", layers);
        string stale = victim.Do("attach", "v");
        string instance = Directory.GetParent(stale)!.Parent!.FullName;
        victim.Kill();
        string listing = _other.Listing();

        // Under the mounts, in the directories that they lie on: reached past them, as whoever unmounted one by hand would.
        Directory.CreateDirectory(_directory["under"]);
        Shell.Run($"mount --bind '{instance}' '{_directory["under"]}'");   // without what is mounted below it
        string[] sentinels = [_directory["under/mnt/" + Path.GetFileName(stale) + "/sentinel"], _directory["under/additional-0/sentinel"]];
        foreach (string sentinel in sentinels)
        {
            Assert.False(File.Exists(sentinel));
            File.WriteAllText(sentinel, "somebody's");
        }
        Shell.Run($"umount '{_directory["under"]}'");
        using (ChildProcess again = ChildProcess.Start())
        {
            again.Do("open", _directory["p1"], _directory["p1-run"], "additional=" + _other.Root);
            Assert.Equal(Path.GetFileName(instance), again.Do("reclaimed"));
            again.Do("close");
            again.Exit();
        }
        Assert.DoesNotContain(instance, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
        // Nothing but what holds the sentinels is left of the dead one.
        Assert.Equal(
            new[] { "additional-0", "additional-0/sentinel", "mnt", $"mnt/{Path.GetFileName(stale)}", $"mnt/{Path.GetFileName(stale)}/sentinel" },
            Directory.GetFileSystemEntries(instance, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(instance, path)).Order(StringComparer.Ordinal));
        Assert.Equal("somebody's", File.ReadAllText(stale + "/sentinel"));
        Assert.Equal(listing, _other.Listing());
    }

    [Fact]
    public void AIS_15_Two_processes_that_share_a_store_do_not_meet_in_an_additional_one()
    {
        string before = _other.Listing();
        Differ("shared", "shared", "overlay", _other.Root, trace: null);
        Assert.Equal(before, _other.Listing());
    }

    private List<Recording> Differ(string firstStore, string secondStore, string driver, string additional, string? trace)
    {
        using ChildProcess first = Start(firstStore, driver, additional, trace, out string one);
        using ChildProcess second = Start(secondStore, driver, additional, trace, out string two);
        string[] ids = one.Split(',');
        string upper = string.Join(',', ids[..3]);
        string count = trace is null ? Count.ToString(System.Globalization.CultureInfo.InvariantCulture) : "5";
        first.Send("diffs", count, ids[3], upper);
        second.Send("diffs", count, two.Split(',')[3], string.Join(',', two.Split(',')[..3]));
        // Pauses inside the walks.
        Random random = Soak.Random();
        for (int i = 0; trace is null && i < 20; i++)
        {
            ChildProcess paused = random.Next(2) == 0 ? first : second;
            paused.Stop();
            Shell.Run($"sleep 0.0{random.Next(1, 9)}");
            paused.Continue();
        }
        Assert.Single(new[] { first.Answer(), second.Answer() }.Distinct().SelectMany(static digests => digests.Split(',')));
        var recordings = new List<Recording>();
        foreach (ChildProcess child in new[] { first, second })
        {
            child.Do("empty-trash");
            child.Do("close");
            if (trace is null)
            {
                child.Exit();
            }
            else
            {
                recordings.Add(child.ExitAndRead());
            }
        }
        foreach (string name in new[] { firstStore, secondStore })
        {
            Assert.Equal("", Shell.Run($"find '{_directory[name]}-run' -mindepth 2"));
            Assert.Equal("", Shell.Run($"find '{_directory[name]}/staging' '{_directory[name]}/trash' -mindepth 1"));
            Assert.DoesNotContain(_directory[name], File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
        }
        return recordings;
    }

    private ChildProcess Start(string name, string driver, string additional, string? trace, out string layers)
    {
        var child = ChildProcess.Start(new ChildOptions { Trace = trace });
        child.Do("open", _directory[name], _directory[name + "-run"], "driver=" + driver, "additional=" + additional);
        layers = child.Do("take", [.. _other.Layers.Select(static layer => layer.ToString())]);
        return child;
    }
}
