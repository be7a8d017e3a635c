using Cairn.Solver.Execution;
using Xunit;

namespace Cairn.Solver.Tests.Execution;

public sealed class QuotedTextTests
{
    [Theory]
    [InlineData("plain text", "\"plain text\"")]
    [InlineData("a\"b\\c", "\"a\\\"b\\\\c\"")]
    [InlineData("line\nand\ttab", "\"line\\nand\\ttab\"")]
    [InlineData("\u0001\u007f", "\"\\x01\\x7f\"")]
    [InlineData("ü世", "\"ü世\"")]
    [InlineData("\u200b\u00a0", "\"\\u200b\\u00a0\"")]
    [InlineData("\U0001F600\U000E0001", "\"\U0001F600\\U000e0001\"")]
    public void Text_is_quoted_as_clients_expect(string text, string quoted) => Assert.Equal(quoted, QuotedText.Quote(text));
}
