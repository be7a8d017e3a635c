using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Solver.Sources;
using Xunit;

namespace Cairn.Solver.Tests.Transfer;

public sealed class GitSourceTests : IAsyncDisposable
{
    private readonly TransferBench _bench = new();
    private readonly string _repository;

    public GitSourceTests() => _repository = _bench["repository"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task A_branch_a_tag_and_a_commit_give_their_files()
    {
        string first = await RepositoryAsync();

        Assert.Equal("two", await ReadAsync("", "/dir/file"));
        Assert.Equal("one", await ReadAsync("#v1", "/dir/file"));
        Assert.Equal("one", await ReadAsync("#" + first, "/dir/file"));
        Assert.Equal("two", await ReadAsync("#main", "/dir/file"));
        Assert.Equal("two", await ReadAsync("#refs/heads/main:dir", "/file"));
    }

    [Fact]
    public async Task The_key_is_the_commit_with_what_changes_the_result()
    {
        string first = await RepositoryAsync();

        SourceKey plain = await Source("#v1").KeyAsync(_bench.Context(TransferBench.Session()), 0, Token);
        SourceKey kept = await Source("#v1", ("git.keepgitdir", "true"), ("git.skipsubmodules", "true")).KeyAsync(_bench.Context(TransferBench.Session()), 0, Token);
        SourceKey inside = await Source("#v1:dir", ("git.mtime", "commit")).KeyAsync(_bench.Context(TransferBench.Session()), 0, Token);

        Assert.Equal(first, plain.Key);
        Assert.Equal($"{kept.Pin}.git#refs/tags/v1(skip-submodules)", kept.Key);
        Assert.NotEqual(first, kept.Pin);   // the tag is annotated
        Assert.Equal(first + ":dir(mtime=commit)", inside.Key);
    }

    [Fact]
    public async Task No_git_directory_is_left_unless_it_is_asked_for()
    {
        await RepositoryAsync();

        using ImmutableRef plain = (await Source("").SnapshotAsync(_bench.Context(TransferBench.Session()), Token))!;
        using ImmutableRef kept = (await Source("", ("git.keepgitdir", "true")).SnapshotAsync(_bench.Context(TransferBench.Session()), Token))!;

        using SnapshotView without = await plain.ViewAsync(_bench.Context(TransferBench.Session()).Refs, Token);
        using SnapshotView with = await kept.ViewAsync(_bench.Context(TransferBench.Session()).Refs, Token);
        Assert.Null(without.Tree.Status("/.git", followLinks: false));
        Assert.NotNull(with.Tree.Status("/.git/HEAD", followLinks: false));
    }

    [Fact]
    public async Task Times_can_be_those_of_the_commit()
    {
        await RepositoryAsync();

        using ImmutableRef result = (await Source("#v1", ("git.mtime", "commit")).SnapshotAsync(_bench.Context(TransferBench.Session()), Token))!;

        using SnapshotView view = await result.ViewAsync(_bench.Context(TransferBench.Session()).Refs, Token);
        Assert.Equal(1_600_000_000_000_000_000, view.Tree.Status("/dir/file", followLinks: false)!.ModifiedNanoseconds);
    }

    [Fact]
    public async Task A_ref_that_is_not_there_a_wrong_checksum_and_a_wrong_directory_are_told()
    {
        await RepositoryAsync();

        BuildException absent = await Assert.ThrowsAsync<BuildException>(() => ReadAsync("#nothing", "/x"));
        BuildException checksum = await Assert.ThrowsAsync<BuildException>(() => Source("#v1", ("git.checksum", "abcdef")).KeyAsync(_bench.Context(TransferBench.Session()), 0, Token));
        BuildException directory = await Assert.ThrowsAsync<BuildException>(() => ReadAsync("#v1:dir/file", "/x"));
        BuildException dash = Assert.Throws<BuildException>(() => Source("#--upload-pack=evil"));

        Assert.Contains("repository does not contain ref nothing", absent.Message, StringComparison.Ordinal);
        Assert.Contains("expected checksum to match abcdef", checksum.Message, StringComparison.Ordinal);
        Assert.Contains("subdir dir/file is not a directory", directory.Message, StringComparison.Ordinal);
        Assert.Contains("dash", dash.Message, StringComparison.Ordinal);
    }

    /// <summary>Two commits on main, the first tagged v1; returns the id of the first.</summary>
    private async Task<string> RepositoryAsync()
    {
        await TransferBench.RunAsync("sh", "-ec", $"""
            export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.com
            export GIT_AUTHOR_DATE='1600000000 +0000' GIT_COMMITTER_DATE='1600000000 +0000'
            git -c init.defaultBranch=main init -q '{_repository}' && cd '{_repository}'
            mkdir dir && printf one > dir/file && git add . && git commit -qm one && git tag -a -m v1 v1
            printf two > dir/file && git commit -qam two
            """);
        return (await TransferBench.RunAsync("git", "-C", _repository, "rev-parse", "v1^{commit}")).Trim();
    }

    private ISourceInstance Source(string fragment, params (string Key, string Value)[] more)
    {
        var attributes = new Dictionary<string, string> { ["git.fullurl"] = "file://" + _repository };
        foreach ((string key, string value) in more)
        {
            attributes[key] = value;
        }

        return _bench.Source("git://example.com/any.git" + fragment, attributes);
    }

    private async Task<string> ReadAsync(string fragment, string path)
    {
        using ImmutableRef result = (await Source(fragment).SnapshotAsync(_bench.Context(TransferBench.Session()), Token))!;
        return await _bench.ReadAsync(result, path);
    }
}
