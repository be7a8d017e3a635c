using Cairn.Rpc.Hpack;
using Xunit;

namespace Cairn.Rpc.Tests.Hpack;

/// <summary>The examples of RFC 7541, appendix C, and what must be refused.</summary>
public class HpackDecodingTests
{
    private const string Date1 = "Mon, 21 Oct 2013 20:13:21 GMT";
    private const string Date2 = "Mon, 21 Oct 2013 20:13:22 GMT";
    private const string Cookie = "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";

    private static readonly string[] Requests1 = [":method=GET", ":scheme=http", ":path=/", ":authority=www.example.com"];
    private static readonly string[] Requests2 = [":method=GET", ":scheme=http", ":path=/", ":authority=www.example.com", "cache-control=no-cache"];
    private static readonly string[] Requests3 =
        [":method=GET", ":scheme=https", ":path=/index.html", ":authority=www.example.com", "custom-key=custom-value"];

    private static readonly string[] Responses1 =
        [":status=302", "cache-control=private", $"date={Date1}", "location=https://www.example.com"];
    private static readonly string[] Responses2 =
        [":status=307", "cache-control=private", $"date={Date1}", "location=https://www.example.com"];
    private static readonly string[] Responses3 =
    [
        ":status=200", "cache-control=private", $"date={Date2}", "location=https://www.example.com", "content-encoding=gzip", $"set-cookie={Cookie}",
    ];

    [Theory]
    [InlineData("400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572", "custom-key=custom-header")]   // C.2.1
    [InlineData("040c 2f73 616d 706c 652f 7061 7468", ":path=/sample/path")]                                         // C.2.2
    [InlineData("1008 7061 7373 776f 7264 0673 6563 7265 74", "password=secret")]                                    // C.2.3
    [InlineData("82", ":method=GET")]                                                                                // C.2.4
    public void One_field_of_each_representation(string block, string field) =>
        Assert.Equal([field], Decode(new HpackDecoder(4096), block));

    [Fact]
    public void Requests_without_Huffman_C_3() => Sequence(
        4096,
        ("8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d", Requests1),
        ("8286 84be 5808 6e6f 2d63 6163 6865", Requests2),
        ("8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65", Requests3));

    [Fact]
    public void Requests_with_Huffman_C_4() => Sequence(
        4096,
        ("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff", Requests1),
        ("8286 84be 5886 a8eb 1064 9cbf", Requests2),
        ("8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf", Requests3));

    [Fact]
    public void Responses_without_Huffman_evict_old_entries_C_5() => Sequence(
        256,
        (
            "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073"
            + "3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d", Responses1),
        ("4803 3330 37c1 c0bf", Responses2),
        (
            "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48"
            + "514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31", Responses3));

    [Fact]
    public void Responses_with_Huffman_evict_old_entries_C_6() => Sequence(
        256,
        (
            "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae"
            + "43d3", Responses1),
        ("4883 640e ffc1 c0bf", Responses2),
        (
            "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af"
            + "2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07", Responses3));

    [Theory]
    [InlineData("80", "index 0")]
    [InlineData("be", "an entry the table has not")]
    [InlineData("ff ff ff ff ff 7f", "an integer without end")]
    [InlineData("40 05 61 62", "a name that is cut off")]
    [InlineData("40", "no name at all")]
    [InlineData("82 20", "a size change after a field")]
    [InlineData("3f e2 1f", "a size above the announced one")]
    [InlineData("00 81 ff 00", "padding of eight ones")]
    [InlineData("00 81 18 00", "padding that is not ones")]
    [InlineData("00 84 ff ff ff ff 00", "the end-of-string symbol")]
    public void A_malformed_block_is_refused(string block, string what)
    {
        Assert.NotEmpty(what);
        Assert.Throws<HpackException>(() => Decode(new HpackDecoder(4096), block));
    }

    [Fact]
    public void A_list_above_the_limit_is_cut_but_the_table_stays_right()
    {
        var decoder = new HpackDecoder(4096);
        var first = new HeaderBlock(limit: 50);
        decoder.Decode(Bytes("400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572"), first);
        Assert.True(first.IsTooLarge);
        Assert.Empty(first.Fields);
        Assert.Equal(["custom-key=custom-header"], Decode(decoder, "be"));
    }

    private static void Sequence(int tableSize, params (string Block, string[] Fields)[] steps)
    {
        var decoder = new HpackDecoder(tableSize);
        foreach ((string block, string[] fields) in steps)
        {
            Assert.Equal(fields, Decode(decoder, block));
        }
    }

    private static string[] Decode(HpackDecoder decoder, string block)
    {
        var fields = new HeaderBlock(1 << 20);
        decoder.Decode(Bytes(block), fields);
        return [.. fields.Fields.Select(f => $"{f.Name}={f.Value}")];
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
