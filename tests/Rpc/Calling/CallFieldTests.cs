using Cairn.Rpc.Calls;
using Xunit;

namespace Cairn.Rpc.Tests.Calling;

public class CallFieldTests
{
    [Theory]
    [InlineData(0, "0u")]
    [InlineData(1.5, "1500000u")]
    [InlineData(100, "100000m")]
    [InlineData(99_999, "99999000m")]
    [InlineData(86_400 * 365, "31536000S")]
    [InlineData(-1, "0u")]
    public void A_timeout_has_at_most_eight_digits(double seconds, string text) =>
        Assert.Equal(text, CallFields.FormatTimeout(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData("1H", 3600)]
    [InlineData("2M", 120)]
    [InlineData("3S", 3)]
    [InlineData("4m", 0.004)]
    [InlineData("5u", 0.000005)]
    [InlineData("600n", 0.0000006)]
    [InlineData("99999999H", 40 * 86_400)]   // as long as a timer can be
    public void A_timeout_is_read_in_every_unit(string text, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), CallFields.ParseTimeout(text));

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("5")]
    [InlineData("5x")]
    [InlineData("-5S")]
    [InlineData(" 5S")]
    [InlineData("123456789S")]
    public void A_malformed_timeout_is_none(string text) => Assert.Null(CallFields.ParseTimeout(text));

    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("100%", "100%25")]
    [InlineData("a\nb\u0000", "a%0Ab%00")]
    [InlineData("Käse", "K%C3%A4se")]
    public void A_message_is_escaped_and_comes_back(string message, string text)
    {
        Assert.Equal(text, CallFields.Escape(message));
        Assert.Equal(message, CallFields.Unescape(text));
    }

    [Theory]
    [InlineData("50%", "50%")]
    [InlineData("%zz%4", "%zz%4")]
    [InlineData("%41%", "A%")]
    public void What_is_no_escape_stays(string text, string message) => Assert.Equal(message, CallFields.Unescape(text));

    [Theory]
    [InlineData("grpc-status")]
    [InlineData(":path")]
    [InlineData("te")]
    [InlineData("Content-Type")]
    [InlineData("with space")]
    [InlineData("")]
    [InlineData("x-octets-bin")]   // not for text
    public void Metadata_has_names_that_callers_may_use(string name) => Assert.Throws<ArgumentException>(() => new Metadata().Add(name, "a"));

    [Fact]
    public void Metadata_has_values_that_can_travel()
    {
        Assert.Throws<ArgumentException>(() => new Metadata().Add("x", "a\nb"));
        Assert.Throws<ArgumentException>(() => new Metadata().Add("x", "Käse"));
        Assert.Throws<ArgumentException>(() => new Metadata().AddBinary("x", [1]));
    }
}
