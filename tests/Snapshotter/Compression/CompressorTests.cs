using System.Security.Cryptography;
using Cairn.Llb;
using Cairn.Snapshotter.Compression;
using Cairn.Snapshotter.Tests.Support;
using Xunit;

namespace Cairn.Snapshotter.Tests.Compression;

public sealed class CompressorTests
{
    [Theory]
    [InlineData(CompressionKind.Gzip, "gzip -dc", 0)]
    [InlineData(CompressionKind.Gzip, "gzip -dc", 1)]
    [InlineData(CompressionKind.Gzip, "gzip -dc", 5_000_000)]
    [InlineData(CompressionKind.Zstd, "zstd -dc", 0)]
    [InlineData(CompressionKind.Zstd, "zstd -dc", 1)]
    [InlineData(CompressionKind.Zstd, "zstd -dc", 20_000_000)]
    public void What_is_compressed_the_usual_programs_can_read(CompressionKind kind, string program, int size)
    {
        byte[] content = Content(size);
        byte[] compressed = Compress(content, kind, null);
        using var directory = new TemporaryDirectory();
        File.WriteAllBytes(directory["c"], compressed);
        Shell.Run($"{program} < c > d", directory.Path);
        Assert.Equal(content, File.ReadAllBytes(directory["d"]));
        Assert.Equal(kind, Compressors.Detect(compressed));
        Assert.Equal(content, ReadAll(Compressors.Decompress(new MemoryStream(compressed))));
    }

    [Theory]
    [InlineData("gzip -c", CompressionKind.Gzip)]
    [InlineData("zstd -c", CompressionKind.Zstd)]
    [InlineData("xz -c", CompressionKind.Xz)]
    [InlineData("bzip2 -c", CompressionKind.Bzip2)]
    [InlineData("cat", CompressionKind.Uncompressed)]
    public void What_the_usual_programs_compress_is_told_apart_and_read(string program, CompressionKind kind)
    {
        byte[] content = Content(3_000_000);
        using var directory = new TemporaryDirectory();
        File.WriteAllBytes(directory["d"], content);
        Shell.Run($"{program} < d > c; cat c c > twice", directory.Path);
        byte[] compressed = File.ReadAllBytes(directory["c"]);
        Assert.Equal(kind, Compressors.Detect(compressed));
        Assert.Equal(content, ReadAll(Compressors.Decompress(new MemoryStream(compressed))));
        Assert.Equal([.. content, .. content], ReadAll(Compressors.Decompress(File.OpenRead(directory["twice"]))));
    }

    [Theory]
    [InlineData(CompressionKind.Gzip)]
    [InlineData(CompressionKind.Zstd)]
    public void The_bytes_depend_neither_on_the_sizes_of_writes_nor_on_luck(CompressionKind kind)
    {
        byte[] content = Content(9_000_000);
        byte[] expected = Compress(content, kind, 3);
        var sink = new MemoryStream();
        using (Stream stream = Compressors.Compress(sink, kind, 3))
        {
            for (int at = 0, step = 1; at < content.Length; at += step, step = Math.Min((step * 3) + 1, 700_001))
            {
                stream.Write(content.AsSpan(at, Math.Min(step, content.Length - at)));
                stream.Flush();
            }
        }
        Assert.Equal(expected, sink.ToArray());
    }

    [Fact]
    public void Damaged_content_is_an_error()
    {
        byte[] compressed = Compress(Content(100_000), CompressionKind.Zstd, null);
        Assert.Throws<BuildException>(() => ReadAll(Compressors.Decompress(new MemoryStream(compressed[..^100]))));
        compressed[^2000] ^= 0xff;
        compressed[10] ^= 0xff;
        Assert.Throws<BuildException>(() => ReadAll(Compressors.Decompress(new MemoryStream(compressed))));
    }

    [Fact]
    public void A_level_that_does_not_exist_is_refused_by_name()
    {
        var error = Assert.Throws<BuildException>(() => Compressors.Compress(Stream.Null, CompressionKind.Gzip, 12));
        Assert.Contains("no level 12", error.Message, StringComparison.Ordinal);
    }

    private static byte[] Compress(byte[] content, CompressionKind kind, int? level)
    {
        var sink = new MemoryStream();
        using (Stream stream = Compressors.Compress(sink, kind, level))
        {
            stream.Write(content);
        }
        return sink.ToArray();
    }

    private static byte[] ReadAll(Stream stream)
    {
        using (stream)
        {
            var content = new MemoryStream();
            stream.CopyTo(content);
            return content.ToArray();
        }
    }

    // Half of it compresses well, half not at all.
    private static byte[] Content(int size)
    {
        byte[] content = new byte[size];
        byte[] seed = SHA256.HashData("seed"u8);
        for (int at = 0; at < size; at += 64)
        {
            seed = SHA256.HashData(seed);
            seed.AsSpan(0, Math.Min(32, size - at)).CopyTo(content.AsSpan(at));
        }
        return content;
    }
}
