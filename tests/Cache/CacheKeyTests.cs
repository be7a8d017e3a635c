using System.Text;
using Cairn.Cache.Keys;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Xunit;

namespace Cairn.Cache.Tests;

public sealed class CacheKeyTests
{
    private static readonly Digest Operation = Digest.Sha256("operation"u8);
    private static readonly Digest Selector = Digest.Sha256("/src"u8);

    [Fact]
    public void A_root_key_is_the_hash_of_digest_and_output()
    {
        Assert.Equal(Digest.Sha256(Encoding.ASCII.GetBytes($"{Operation}@1")).ToString(), CacheKeyId.Root(Operation.ToString(), 1).Value);
        Assert.True(CacheKeyId.Root("random:0123", 0).IsVolatile);
    }

    [Fact]
    public async Task A_result_is_found_by_definition_and_by_content_of_its_inputs()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef result = await cache.LayerAsync(null, "step", ("/a", "1"));
        var definition = CacheKeyId.Root(Digest.Sha256("source"u8).ToString(), 0);
        CacheKeyId content = CacheKeyId.Content(Digest.Sha256("content"u8));
        CacheKeyId saved = cache.Cache.Save([new KeySave(
            new KeyQuery(Operation, 0, [new InputKeys([new InputKey(definition, Selector), new InputKey(content, null)])]), true, result)])[0];

        Assert.Equal([saved], cache.Cache.Keys.Find(Operation, 0, [new InputKeys([new InputKey(definition, Selector)])]));
        Assert.Equal([saved], cache.Cache.Keys.Find(Operation, 0, [new InputKeys([new InputKey(content, null)])]));
        Assert.Empty(cache.Cache.Keys.Find(Operation, 0, [new InputKeys([new InputKey(definition, null)])]));
        Assert.Empty(cache.Cache.Keys.Find(Operation, 1, [new InputKeys([new InputKey(content, null)])]));
        Assert.Equal(result.Id, cache.Cache.Keys.LoadCandidates([saved])[0].Ref);
    }

    [Fact]
    public async Task Every_input_must_lead_to_the_key()
    {
        await using TestCache cache = TestCache.Open();
        var a = CacheKeyId.Root("sha256:a", 0);
        var b = CacheKeyId.Root("sha256:b", 0);
        var c = CacheKeyId.Root("sha256:c", 0);
        InputKeys Input(params CacheKeyId[] keys) => new([.. keys.Select(key => new InputKey(key, null))]);
        CacheKeyId saved = cache.Cache.Save([new KeySave(new KeyQuery(Operation, 0, [Input(a), Input(b)]), true, null)])[0];

        Assert.Equal([saved], cache.Cache.Keys.Find(Operation, 0, [Input(c, a), Input(b)]));
        Assert.Empty(cache.Cache.Keys.Find(Operation, 0, [Input(a), Input(c)]));
        Assert.Empty(cache.Cache.Keys.Find(Operation, 0, [Input(b), Input(a)]));
        Assert.Null(Assert.Single(cache.Cache.Keys.LoadCandidates([saved])).Ref);   // scratch
    }

    [Fact]
    public async Task The_newest_result_comes_first_and_survives_a_restart()
    {
        await using TestCache cache = TestCache.Open();
        var query = new KeyQuery(Operation, 0, []);
        using ImmutableRef older = await cache.LayerAsync(null, "older", ("/a", "1"));
        using ImmutableRef newer = await cache.LayerAsync(null, "newer", ("/a", "2"));
        CacheKeyId key = cache.Cache.Save([new KeySave(query, true, older)])[0];
        Assert.Equal(key, cache.Cache.Save([new KeySave(query, true, newer)])[0]);

        await using TestCache again = cache.OpenAgain();
        Assert.Equal([newer.Id, older.Id], again.Cache.Keys.LoadCandidates([key]).Select(result => result.Ref!.Value));
        using ImmutableRef? claimed = again.Refs.TryGet(newer.Id);
        Assert.Equal("2", (await again.FilesAsync(claimed!))["/a"]);
    }

    [Fact]
    public async Task What_hangs_at_a_volatile_key_only_is_not_stored()
    {
        await using TestCache cache = TestCache.Open();
        var session = CacheKeyId.Root("random:abc", 0);
        CacheKeyId content = CacheKeyId.Content(Digest.Sha256("content"u8));
        CacheKeyId unsaved = cache.Cache.Save([new KeySave(new KeyQuery(Operation, 0, [new InputKeys([new InputKey(session, null)])]), true, null)])[0];
        Assert.True(unsaved.IsVolatile);
        Assert.Equal(0, cache.Count("cache_keys"));

        CacheKeyId saved = cache.Cache.Save(
            [new KeySave(new KeyQuery(Operation, 0, [new InputKeys([new InputKey(session, null), new InputKey(content, null)])]), true, null)])[0];
        Assert.False(saved.IsVolatile);
        Assert.Equal(0, cache.Store.Read(connection =>
        {
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT count(*) FROM cache_keys WHERE name LIKE 'random:%'";
            return (long)command.ExecuteScalar()!;
        }));
    }

    [Fact]
    public async Task Pruning_a_result_takes_keys_that_lead_nowhere_with_it()
    {
        await using TestCache cache = TestCache.Open();
        using (ImmutableRef first = await cache.LayerAsync(null, "one", ("/a", "1")))
        using (ImmutableRef second = await cache.LayerAsync(first, "two", ("/b", "2")))
        {
            CacheKeyId root = cache.Cache.Save([new KeySave(new KeyQuery(Operation, 0, []), true, first)])[0];
            cache.Cache.Save([new KeySave(new KeyQuery(Operation, 0, [new InputKeys([new InputKey(root, null)])]), true, second)]);
        }
        Assert.Equal(2, cache.Count("cache_keys"));
        await cache.Cache.Collector.PruneAsync(new Collection.PruneOptions(), null, TestCache.Token);
        Assert.Equal(0, cache.Count("cache_keys") + cache.Count("key_links") + cache.Count("key_results"));
    }

    [Fact]
    public async Task A_thousand_lookups_are_quick_enough_to_be_made_in_one_read()
    {
        await using TestCache cache = TestCache.Open();
        List<KeySave> saves = [];
        CacheKeyId below = CacheKeyId.Root("sha256:root", 0);
        List<KeyQuery> queries = [];
        for (int i = 0; i < 1000; i++)
        {
            var query = new KeyQuery(Operation, 0, [new InputKeys([new InputKey(below, null)])]);
            queries.Add(query);
            saves.Add(new KeySave(query, true, null));
            below = CacheKeyId.Derived(query.Operation, 0, query.Inputs);
        }
        Assert.Equal(below, cache.Cache.Save(saves)[^1]);
        Assert.All(cache.Cache.Keys.Find(queries), found => Assert.Single(found.Keys));
    }
}
