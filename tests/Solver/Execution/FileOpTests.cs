using System.Text;
using Cairn.Llb;
using Cairn.Llb.Building;
using Cairn.Snapshotter.Trees;
using Cairn.Solver.Ops;
using Xunit;
using FileOwner = Cairn.Llb.Building.FileOwner;

namespace Cairn.Solver.Tests.Execution;

/// <summary>File ops on a real store, on overlay and on plain directories.</summary>
public abstract class FileOpTests : IAsyncLifetime
{
    private const long Time = 1_000_000_007_000_000_000;
    private const int Directories = 0x1ed;   // 0755
    private const int Files = 0x1a4;         // 0644

    private readonly OpBench _bench;

    protected FileOpTests(string driver) => _bench = new OpBench(driver);

    [Fact]
    public async Task Directories_files_and_links_are_made_as_said()
    {
        State state = State.Scratch.File(FileActions.None
            .MakeDirectory("/a/b", 0x1c0, makeParents: true, owner: FileOwner.Ids(1, 2), timestamp: Time)
            .MakeFile("/a/b/f", 0x180, "text"u8.ToArray(), FileOwner.Ids(3, 4), Time)
            .MakeSymlink("b/f", "/a/l", FileOwner.Ids(5, 6), Time));

        Assert.Equal(["/a Directory 700 1:2", "/a/b Directory 700 1:2", "/a/b/f Regular 600 3:4", "/a/l Symlink 777 5:6"], await _bench.ListAsync(state));
        Assert.Equal("text", await _bench.ReadAsync(state, "/a/l"));
        await _bench.LookAsync(state, tree => Assert_times(tree, "/a/b/f", "/a/l"));
    }

    [Fact]
    public async Task A_chain_of_actions_is_one_layer()
    {
        State state = State.Scratch.File(FileActions.None.MakeDirectory("/a", Directories));
        State more = state.File(FileActions.None.MakeFile("/a/1", Files, "1"u8.ToArray()).MakeFile("/a/2", Files, "2"u8.ToArray()).Remove("/a/1"));

        Assert.Equal(["/a Directory 755 0:0", "/a/2 Regular 644 0:0"], await _bench.ListAsync(more));
        using Cache.Refs.ImmutableRef? result = await _bench.SolveAsync(more);
        Assert.Equal(2, result!.Layers.Count);
    }

    [Fact]
    public async Task A_missing_parent_or_an_existing_link_is_an_error_that_names_the_path()
    {
        await FailsAsync(FileActions.None.MakeDirectory("/a/b/c", Directories), "/a/b");
        await FailsAsync(FileActions.None.MakeFile("/a/f", Files, default), "/a/f");
        await FailsAsync(FileActions.None.MakeDirectory("/x", Directories).MakeSymlink("t", "/x"), "/x");
        await FailsAsync(FileActions.None.Remove("/nothing"), "/nothing");
        await FailsAsync(FileActions.None.Remove("/"), "root");
    }

    [Fact]
    public async Task Making_an_existing_directory_changes_nothing()
    {
        State state = State.Scratch.File(FileActions.None.MakeDirectory("/a", 0x1c0, owner: FileOwner.Ids(1, 1)).MakeDirectory("/a", Directories).MakeDirectory("/a", Directories, makeParents: true));

        Assert.Equal(["/a Directory 700 1:1"], await _bench.ListAsync(state));
    }

    [Fact]
    public async Task Removing_takes_wildcards_and_can_ignore_what_is_absent()
    {
        State state = Sample().File(FileActions.None.Remove("/dir/*.txt", allowWildcard: true).Remove("/nothing", allowNotFound: true).Remove("/link"));

        string[] left = await _bench.ListAsync(state);
        Assert.DoesNotContain(left, line => line.Contains(".txt", StringComparison.Ordinal) && line.StartsWith("/dir/", StringComparison.Ordinal));
        Assert.Contains(left, line => line.StartsWith("/dir/c.md ", StringComparison.Ordinal));
        Assert.DoesNotContain(left, line => line.StartsWith("/link", StringComparison.Ordinal));
        Assert.Contains(left, line => line.StartsWith("/target.txt ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Copying_follows_the_rules_of_names()
    {
        State into = State.Scratch.File(FileActions.None
            .MakeDirectory("/existing", Directories)
            .Copy(Sample(), "/dir", "/existing")
            .Copy(Sample(), "/dir", "/new/", new CopyOptions { CreateDestinationPath = true, CopyDirectoryContents = true })
            .Copy(Sample(), "/dir/*.txt", "/picked/", new CopyOptions { CreateDestinationPath = true, AllowWildcard = true })
            .Copy(Sample(), "/target.txt", "/renamed"));

        string[] paths = [.. (await _bench.ListAsync(into)).Select(line => line.Split(' ')[0])];
        Assert.Equal(
            ["/existing", "/existing/dir", "/existing/dir/a.txt", "/existing/dir/b.txt", "/existing/dir/c.md", "/new", "/new/a.txt", "/new/b.txt", "/new/c.md", "/picked", "/picked/a.txt", "/picked/b.txt", "/renamed"],
            paths);
    }

    [Fact]
    public async Task Copying_can_change_owner_mode_and_time_and_leave_things_out()
    {
        State into = State.Scratch.File(FileActions.None.Copy(Sample(), "/dir", "/d", new CopyOptions
        {
            Owner = FileOwner.Ids(7, 8),
            SymbolicMode = "u=rwX,go=",
            Timestamp = Time,
            IncludePatterns = ["*.txt"],
            ExcludePatterns = ["b*"],
        }));

        Assert.Equal(["/d Directory 700 7:8", "/d/a.txt Regular 600 7:8"], await _bench.ListAsync(into));
        await _bench.LookAsync(into, tree => Assert_times(tree, "/d/a.txt"));
    }

    [Fact]
    public async Task Owners_are_looked_up_by_name_in_the_tree_that_is_changed()
    {
        State state = Sample().File(FileActions.None
            .MakeFile("/by-name", Files, default, FileOwner.Parse("ann:staff"))
            .MakeFile("/user-only", Files, default, FileOwner.Parse("ann"))
            .MakeFile("/unknown", Files, default, FileOwner.Parse("nobody:nogroup")));

        string[] lines = await _bench.ListAsync(state);
        Assert.Contains("/by-name Regular 644 1001:50", lines);
        Assert.Contains("/user-only Regular 644 1001:1002", lines);
        Assert.Contains("/unknown Regular 644 0:0", lines);
    }

    [Fact]
    public async Task An_absent_source_is_named()
    {
        BuildException one = await Assert.ThrowsAnyAsync<BuildException>(() => _bench.SolveAsync(State.Scratch.File(FileActions.None.Copy(Sample(), "/absent", "/x"))));
        Assert.Contains("/absent", one.Message, StringComparison.Ordinal);
        Assert.Contains("no such file or directory", one.Message, StringComparison.Ordinal);

        var options = new CopyOptions { AllowWildcard = true };
        BuildException many = await Assert.ThrowsAnyAsync<BuildException>(() => _bench.SolveAsync(State.Scratch.File(FileActions.None.Copy(Sample(), "/a*b", "/x", options))));
        Assert.Equal("/a*b not found", many.Message);
        Assert.Empty(await _bench.ListAsync(State.Scratch.File(FileActions.None.Copy(Sample(), "/a*b", "/x", options with { AllowEmptyWildcard = true }))));
    }

    [Fact]
    public async Task An_archive_is_unpacked_where_that_is_wanted()
    {
        State context = _bench.Local("archive", directory =>
        {
            string content = Directory.CreateDirectory(Path.Combine(directory, "c")).FullName;
            File.WriteAllText(Path.Combine(content, "inside"), "x");
            using FileStream file = File.Create(Path.Combine(directory, "a.tgz"));
            using var zip = new System.IO.Compression.GZipStream(file, System.IO.Compression.CompressionLevel.Fastest);
            System.Formats.Tar.TarFile.CreateFromDirectory(content, zip, includeBaseDirectory: false);
        });

        Assert.Equal("x", await _bench.ReadAsync(State.Scratch.File(FileActions.None.Copy(context, "/a.tgz", "/out", new CopyOptions { AttemptUnpack = true, CreateDestinationPath = true })), "/out/inside"));
        Assert.Contains("/out Regular 644 0:0", await _bench.ListAsync(State.Scratch.File(FileActions.None.Copy(context, "/a.tgz", "/out"))));
    }

    [Fact]
    public async Task Links_in_the_trees_do_not_lead_out_of_them()
    {
        State hostile = _bench.Local("hostile", directory => File.CreateSymbolicLink(Path.Combine(directory, "out"), "../../../../../../../etc"));
        State state = hostile.File(FileActions.None.MakeDirectory("/out/made", Directories, makeParents: true));

        await Assert.ThrowsAnyAsync<BuildException>(() => _bench.SolveAsync(State.Scratch.File(FileActions.None.Copy(hostile, "/out/passwd", "/x"))));
        Assert.Contains("/etc/made Directory 755 0:0", await _bench.ListAsync(state));
        Assert.False(Directory.Exists("/etc/made"));
    }

    [Fact]
    public async Task A_copy_can_read_from_the_result_of_another_action()
    {
        BoundFileActions made = FileActions.None.MakeDirectory("/a", Directories).MakeFile("/a/f", Files, "text"u8.ToArray()).On(State.Scratch);
        State state = State.Scratch.File(FileActions.None.Copy(made, "/a/f", "/copied"));

        Assert.Equal(["/copied Regular 644 0:0"], await _bench.ListAsync(state));
        Assert.Equal("text", await _bench.ReadAsync(state, "/copied"));
    }

    [Fact]
    public async Task The_key_of_a_copied_input_is_the_content_of_what_is_copied()
    {
        State context = State.Local("context");
        State state = State.Local("base").File(FileActions.None
            .Copy(context, "/b", "/x", new CopyOptions { FollowSymlinks = true, ExcludePatterns = ["*.md"] })
            .Copy(context, "/a/*.c", "/y/", new CopyOptions { AllowWildcard = true, RequiredPaths = ["/a/r"] }));

        CacheMap map = await _bench.CacheMapAsync(state);

        Assert.Equal(CacheMapInput.DefinitionOnly, map.Inputs[0]);
        Assert.Equal(Digest.Sha256("/b\0/a/*.c"u8), map.Inputs[1].Selector);
        Assert.Equal([(true, false), (false, true)], map.Inputs[1].Content!.Select(selector => (selector.FollowLinks, selector.Wildcard)));
        Assert.Equal(["*.md"], map.Inputs[1].Content![0].Exclude);
        Assert.Equal(["/a/r"], map.Inputs[1].Content![1].Required);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private static bool Assert_times(RootedTree tree, params string[] paths)
    {
        foreach (string path in paths)
        {
            Assert.Equal(Time, tree.Status(path, followLinks: false)!.ModifiedNanoseconds);
        }

        return true;
    }

    private async Task FailsAsync(FileActions actions, string named)
    {
        BuildException error = await Assert.ThrowsAnyAsync<BuildException>(() => _bench.SolveAsync(State.Scratch.File(actions)));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    private State Sample() => _bench.Local("sample", directory =>
    {
        string dir = Directory.CreateDirectory(Path.Combine(directory, "dir")).FullName;
        string etc = Directory.CreateDirectory(Path.Combine(directory, "etc")).FullName;
        File.WriteAllText(Path.Combine(dir, "a.txt"), "a");
        File.WriteAllText(Path.Combine(dir, "b.txt"), "b");
        File.WriteAllText(Path.Combine(dir, "c.md"), "c");
        File.WriteAllText(Path.Combine(directory, "target.txt"), "target");
        File.CreateSymbolicLink(Path.Combine(directory, "link"), "target.txt");
        File.WriteAllText(Path.Combine(etc, "passwd"), "root:x:0:0::/:\nann:x:1001:1002::/:\n");
        File.WriteAllText(Path.Combine(etc, "group"), "root:x:0:\nstaff:x:50:\n", Encoding.ASCII);
    });
}
