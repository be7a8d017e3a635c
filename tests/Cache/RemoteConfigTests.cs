using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cairn.Cache.Remote;
using Cairn.Llb;
using Xunit;

namespace Cairn.Cache.Tests;

/// <summary>Documents of exported caches, against those that the reference implementation wrote (tests/golden/caches).</summary>
public sealed partial class RemoteConfigTests
{
    private static string Golden => Path.Combine(SourceRoot(), "tests", "golden", "caches");

    [Theory]
    [InlineData("local-min")]
    [InlineData("local-max")]
    [InlineData("run-local-min")]
    [InlineData("run-local-max")]
    public void A_document_of_the_reference_is_read_and_written_again_byte_for_byte(string name)
    {
        byte[] document = ConfigOf(name);

        CacheConfig read = CacheConfigReader.Read(document, name);

        // Times have seven decimals here and nine there.
        Assert.Equal(Coarse(Encoding.UTF8.GetString(document)), Encoding.UTF8.GetString(CacheConfigWriter.Write(read)));
    }

    [Theory]
    [InlineData("local-min")]
    [InlineData("local-max")]
    [InlineData("run-local-min")]
    [InlineData("run-local-max")]
    public void Records_that_come_in_any_order_make_the_document_of_the_reference(string name)
    {
        CacheConfig read = CacheConfigReader.Read(ConfigOf(name), name);
        byte[] expected = CacheConfigWriter.Write(read);
        for (int seed = 0; seed < 50; seed++)
        {
            byte[] built = CacheConfigWriter.Write(Rebuild(read, new Random(seed)).Build());
            Assert.True(expected.AsSpan().SequenceEqual(built), $"seed {seed}: {Encoding.UTF8.GetString(built)}");
        }
    }

    [Theory]
    [InlineData("local-min")]
    [InlineData("local-max")]
    public void Results_in_an_image_are_told_by_its_layers_and_others_left_out(string name)
    {
        CacheConfig read = CacheConfigReader.Read(ConfigOf(name), name);
        CacheConfigBuilder builder = Rebuild(read, new Random(1));

        // The image is what the merge at the top gives: its chain is the longest.
        Digest[] image = [.. read.ChainOf(read.Records.Single(record => record.Digest.Hex.StartsWith("5dbfbaf", StringComparison.Ordinal)).Layers[0].Layer).Select(at => read.Layers[at].Blob)];
        IReadOnlyList<CacheConfigRecord> records = builder.BuildInline(image)!;

        Assert.Equal(read.Records.Count, records.Count);
        Assert.Equal([1, 0], Of("5dbfbaf").Layers.Concat(Of("478da0c").Layers).Select(result => result.Layer));
        Assert.Equal([1], Assert.Single(Of("b227594").Chains).Layers);
        Assert.Equal(3, records.Count(record => record.Layers.Count + record.Chains.Count > 0));
        Assert.Null(builder.BuildInline([Digest.Sha256([1])]));
        CacheConfig again = CacheConfigReader.ReadRecords(
            CacheConfigWriter.WriteRecords(records), [.. image.Select((blob, i) => new CacheConfigLayer(blob, i - 1))], name);
        Assert.Equal(CacheConfigWriter.WriteRecords(records), CacheConfigWriter.WriteRecords(again.Records));

        CacheConfigRecord Of(string hex) => records.Single(record => record.Digest.Hex.StartsWith(hex, StringComparison.Ordinal));
    }

    [Fact]
    public void Equal_keys_are_one_record_with_the_newest_result()
    {
        var builder = new CacheConfigBuilder();
        Digest a = Digest.Sha256([1]), b = Digest.Sha256([2]), low = Digest.Sha256([3]), high = Digest.Sha256([4]);
        int source = builder.Add(a, []), same = builder.Add(a, []);
        int one = builder.Add(b, [[new CacheConfigLink(source, null), new CacheConfigLink(same, null)]]);
        int other = builder.Add(b, [[new CacheConfigLink(same, null)]]);
        builder.SetResult(one, DateTimeOffset.UnixEpoch.AddDays(2), [low, high]);
        builder.SetResult(other, DateTimeOffset.UnixEpoch.AddDays(1), [low]);

        CacheConfig config = builder.Build();

        Assert.Equal((source, one), (same, other));
        Assert.Equal(2, config.Records.Count);
        CacheConfigResult result = Assert.Single(config.Records.Single(record => record.Digest == b).Layers);
        Assert.Equal([low, high], config.ChainOf(result.Layer).Select(at => config.Layers[at].Blob));
        Assert.Equal(DateTimeOffset.UnixEpoch.AddDays(2), result.CreatedAt);
    }

    [Fact]
    public void Layers_carry_their_descriptors_where_no_manifest_does()
    {
        var blob = new Descriptor(MediaTypes.OciLayerGzip, Digest.Sha256([1]), 17);
        DateTimeOffset time = DateTimeOffset.UnixEpoch.AddTicks(1_234_567);
        var config = new CacheConfig(
            [
                new CacheConfigLayer(blob.Digest, CacheConfigLayer.NoParent) { Annotations = new CacheLayerAnnotations(blob, new DiffId(Digest.Sha256([2])), time) },
                new CacheConfigLayer(blob.Digest, 0) { Annotations = new CacheLayerAnnotations(blob, new DiffId(Digest.Sha256([2])), null) },
            ],
            []);

        byte[] written = CacheConfigWriter.Write(config);

        Assert.Contains($"\"annotations\":{{\"mediaType\":\"{blob.MediaType}\",\"diffID\":\"{Digest.Sha256([2])}\",\"size\":17,\"createdAt\":\"1970-01-01T00:00:00.1234567Z\"}}", Encoding.UTF8.GetString(written), StringComparison.Ordinal);
        Assert.Contains("\"createdAt\":\"0001-01-01T00:00:00Z\"", Encoding.UTF8.GetString(written), StringComparison.Ordinal);
        Assert.Equal(config.Layers, CacheConfigReader.Read(written, "test").Layers);
    }

    [Theory]
    [InlineData("""{"records":[{"digest":"D","inputs":[[{"link":1}]]},{"digest":"D","inputs":[[{"link":0}]]}]}""", "invalid looping record")]
    [InlineData("""{"records":[{"digest":"D","inputs":[[{"link":0}]]}]}""", "invalid looping record")]
    [InlineData("""{"records":[{"digest":"D","inputs":[[{"link":7}]]}]}""", "invalid record ID: 7")]
    [InlineData("""{"records":[{"digest":"D","inputs":[[{"link":-1}]]}]}""", "invalid record ID: -1")]
    [InlineData("""{"records":[{"digest":"D"},{"digest":"D","inputs":[[{"link":0}],[]]}]}""", "invalid empty input for record 1")]
    [InlineData("""{"layers":[{"blob":"D","parent":1},{"blob":"D"}]}""", "invalid looping layer")]
    [InlineData("""{"layers":[{"blob":"D"}]}""", "invalid looping layer")]
    [InlineData("""{"layers":[{"blob":"D","parent":4}]}""", "invalid layer index 4")]
    [InlineData("""{"records":[{"digest":"D","layers":[{"layer":2,"createdAt":"2025-01-01T00:00:00Z"}]}]}""", "invalid layer index 2")]
    [InlineData("""{"records":[{"digest":"D","chains":[{"layers":[0],"createdAt":"2025-01-01T00:00:00Z"}]}]}""", "invalid layer index 0")]
    [InlineData("""{"records":[{"digest":"short"}]}""", "no valid digest")]
    [InlineData("""{"records":[{"digest":"D","inputs":[[{"link":"x"}]]}]}""", "no number")]
    [InlineData("[]", "no JSON object")]
    [InlineData("{", "no JSON")]
    public void What_does_not_hold_together_is_refused_and_says_where(string document, string reason)
    {
        string text = document.Replace("\"D\"", $"\"{Digest.Sha256([9])}\"", StringComparison.Ordinal);

        BuildException error = Assert.Throws<BuildException>(() => CacheConfigReader.Read(Encoding.UTF8.GetBytes(text), "here"));

        Assert.Contains(reason, error.Reason, StringComparison.Ordinal);
        Assert.Equal("here", error.Subject);
    }

    // Any bytes are either a document or an error that says so.
    [Fact]
    public void Damaged_documents_never_end_otherwise()
    {
        byte[] document = ConfigOf("local-max");
        for (int seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            byte[] damaged = [.. document];
            for (int i = random.Next(1, 6); i > 0; i--)
            {
                damaged[random.Next(damaged.Length)] = (byte)(random.Next(4) == 0 ? random.Next(256) : "0123456789-[]{},\":"[random.Next(18)]);
            }
            try
            {
                CacheConfig read = CacheConfigReader.Read(damaged, "damaged");
                foreach (CacheConfigRecord record in read.Records)
                {
                    Assert.All(record.Layers, result => Assert.NotEmpty(read.ChainOf(result.Layer)));
                }
            }
            catch (BuildException e)
            {
                Assert.Equal(ErrorKind.Input, e.Kind);
            }
        }
    }

    private static CacheConfigBuilder Rebuild(CacheConfig config, Random random)
    {
        var builder = new CacheConfigBuilder();
        var added = new int?[config.Records.Count];
        while (Array.Exists(added, at => at is null))
        {
            int[] ready = [.. Enumerable.Range(0, added.Length).Where(i => added[i] is null && config.Records[i].Inputs.All(input => input.All(link => added[link.Record] is not null)))];
            int next = ready[random.Next(ready.Length)];
            CacheConfigRecord record = config.Records[next];
            added[next] = builder.Add(record.Digest, [.. record.Inputs.Select(input => (IReadOnlyList<CacheConfigLink>)[.. Shuffled(input, random).Select(link => link with { Record = added[link.Record]!.Value })])]);
            foreach (CacheConfigResult result in record.Layers)
            {
                builder.SetResult(added[next]!.Value, result.CreatedAt, [.. config.ChainOf(result.Layer).Select(at => config.Layers[at].Blob)]);
            }
        }
        return builder;
    }

    private static T[] Shuffled<T>(IEnumerable<T> items, Random random)
    {
        T[] all = [.. items];
        random.Shuffle(all);
        return all;
    }

    private static byte[] ConfigOf(string name)
    {
        JsonElement cache = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Golden, "index.json"))).RootElement.GetProperty("caches").GetProperty(name);
        return File.ReadAllBytes(Path.Combine(Golden, name, "blobs", "sha256", cache.GetProperty("config_digest").GetString()!["sha256:".Length..]));
    }

    private static string Coarse(string document) => Times().Replace(document, time => DateTimeOffset.Parse(time.Value, CultureInfo.InvariantCulture)
        .UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture));

    private static string SourceRoot()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Build.sln")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }
        return folder;
    }

    [GeneratedRegex("\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z")]
    private static partial Regex Times();
}
