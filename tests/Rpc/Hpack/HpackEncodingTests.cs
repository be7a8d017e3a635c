using System.Buffers;
using Cairn.Rpc.Hpack;
using Xunit;

namespace Cairn.Rpc.Tests.Hpack;

public class HpackEncodingTests
{
    private static readonly HeaderField[] Request =
        [new(":method", "GET"), new(":scheme", "http"), new(":path", "/"), new(":authority", "www.example.com")];

    [Fact]
    public void Requests_are_as_small_as_in_C_4()
    {
        var encoder = new HpackEncoder();
        Assert.Equal("828684418cf1e3c2e5f23a6ba0ab90f4ff", Encode(encoder, Request));
        Assert.Equal("828684be5886a8eb10649cbf", Encode(encoder, [.. Request, new("cache-control", "no-cache")]));
        Assert.Equal(
            "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
            Encode(encoder,
            [
                new(":method", "GET"), new(":scheme", "https"), new(":path", "/index.html"), new(":authority", "www.example.com"),
                new("custom-key", "custom-value"),
            ]));
    }

    [Fact]
    public void Secrets_are_never_indexed()
    {
        string block = Encode(new HpackEncoder(), [new("authorization", "Bearer 1")]);
        Assert.StartsWith("1f08", block, StringComparison.Ordinal);
    }

    [Fact]
    public void A_smaller_table_of_the_peer_is_announced_and_kept()
    {
        var encoder = new HpackEncoder();
        Encode(encoder, [new("custom-key", "custom-value")]);
        encoder.SetPeerTableSize(0);
        encoder.SetPeerTableSize(64);
        string block = Encode(encoder, [new("x", "y")]);
        Assert.StartsWith("203f21", block, StringComparison.Ordinal);   // down to 0, then up to 64
        Assert.Equal(block["203f21".Length..], Encode(encoder, [new("x", "y")]));   // too large a share of 64 octets to be kept
    }

    [Fact]
    public void Whatever_is_encoded_is_decoded_again_with_tables_that_change_and_overflow()
    {
        const int Seed = 20260719;
        var random = new Random(Seed);
        var encoder = new HpackEncoder();
        var decoder = new HpackDecoder(4096);
        for (int round = 0; round < 2000; round++)
        {
            if (random.Next(50) == 0)
            {
                encoder.SetPeerTableSize(random.Next(8192));
            }

            HeaderField[] fields = [.. Enumerable.Range(0, random.Next(12)).Select(_ => Field(random))];
            var writer = new ArrayBufferWriter<byte>();
            encoder.Encode(fields, writer);
            var decoded = new HeaderBlock(1 << 20);
            decoder.Decode(writer.WrittenSpan, decoded);
            Assert.True(fields.SequenceEqual(decoded.Fields), $"seed {Seed}, round {round}");
        }
    }

    private static HeaderField Field(Random random) => new(
        random.Next(4) == 0 ? "content-type" : $"x-{random.Next(60)}",
        new string([.. Enumerable.Range(0, random.Next(random.Next(20) == 0 ? 3000 : 30)).Select(_ => (char)random.Next(random.Next(2) == 0 ? 256 : 128))]));

    private static string Encode(HpackEncoder encoder, HeaderField[] fields)
    {
        var writer = new ArrayBufferWriter<byte>();
        encoder.Encode(fields, writer);
        return Convert.ToHexStringLower(writer.WrittenSpan);
    }
}
