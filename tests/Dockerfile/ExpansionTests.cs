using Cairn.Frontend.Dockerfile.Expansion;
using Cairn.Frontend.Dockerfile.Parsing;
using Xunit;

namespace Cairn.Frontend.Dockerfile.Tests;

public sealed class ExpansionTests
{
    private static readonly VariableList Variables = VariableList.Empty
        .With("A", "one").With("EMPTY", "").With("V", "v1.2.3").With("PATHS", "/a/b/a").With("LIST", "x y").With("1", "digit");

    [Theory]
    [InlineData("$A", "one")]
    [InlineData("${A}b", "oneb")]
    [InlineData("$Ab", "")]
    [InlineData("$A-b", "one-b")]
    [InlineData("$1st", "digitst")]
    [InlineData("a$", "a$")]
    [InlineData("$.x", "$.x")]
    [InlineData("\\$A", "$A")]
    [InlineData("'$A'", "$A")]
    [InlineData("\"$A\"", "one")]
    [InlineData("\"\\$A \\x\"", "$A \\x")]
    [InlineData("'a\\'", "a\\")]
    [InlineData("a\\b", "ab")]
    [InlineData("${NO:-word}", "word")]
    [InlineData("${EMPTY:-word}", "word")]
    [InlineData("${EMPTY-word}", "")]
    [InlineData("${NO-word}", "word")]
    [InlineData("${A:+word}", "word")]
    [InlineData("${EMPTY:+word}", "")]
    [InlineData("${EMPTY+word}", "word")]
    [InlineData("${NO+word}", "")]
    [InlineData("${NO:-${A}}", "one")]
    [InlineData("${NO:-\"a b\"}", "a b")]
    [InlineData("${A:?gone}", "one")]
    [InlineData("${V#v}", "1.2.3")]
    [InlineData("${V%.*}", "v1.2")]
    [InlineData("${V%%.*}", "v1")]
    [InlineData("${PATHS#*/}", "a/b/a")]
    [InlineData("${PATHS##*/}", "a")]
    [InlineData("${V#?}", "1.2.3")]
    [InlineData("${PATHS/a/z}", "/z/b/a")]
    [InlineData("${PATHS//a/z}", "/z/b/z")]
    [InlineData("${V/.*/}", "v1")]
    [InlineData("${V//./$A}", "v1one2one3")]
    [InlineData("${PATHS//\\//-}", "-a-b-a")]
    [InlineData("${NO#x}", "")]
    public void Words_are_expanded_as_a_shell_does(string text, string expected) =>
        Assert.Equal(expected, new WordExpander('\\').Expand(text, Variables));

    [Theory]
    [InlineData("${A", "syntax error: missing '}'")]
    [InlineData("${A:-x", "syntax error: missing '}'")]
    [InlineData("${}", "syntax error: bad substitution")]
    [InlineData("${A^x}", "unsupported modifier (^) in substitution")]
    [InlineData("${A:=x}", "unsupported modifier (:=) in substitution")]
    [InlineData("${NO:?}", "NO: is not allowed to be unset")]
    [InlineData("${EMPTY:?}", "EMPTY: is not allowed to be empty")]
    [InlineData("${NO?set it}", "NO: set it")]
    [InlineData("'a", "unexpected end of statement while looking for matching single-quote")]
    [InlineData("\"a", "unexpected end of statement while looking for matching double-quote")]
    public void A_word_that_cannot_be_expanded_says_why(string text, string reason) =>
        Assert.Equal(reason, Assert.Throws<SyntaxFault>(() => new WordExpander('\\').Expand(text, Variables)).Message);

    [Fact]
    public void The_backtick_can_be_the_escape() => Assert.Equal(@"c:\$A", new WordExpander('`').Expand("c:\\`$A", Variables));

    [Fact]
    public void Shown_commands_keep_quotes_and_unknown_variables() => Assert.Equal(
        "RUN echo \"one\" '$A' $NO ${NO} ${NO:-x}",
        new WordExpander('\\') { KeepQuotes = true, KeepUnknown = true }.Expand("RUN echo \"$A\" '$A' $NO ${NO} ${NO:-x}", Variables));

    [Fact]
    public void Words_split_at_blanks_outside_quotes() => Assert.Equal(
        ["x", "y", "x y", "a b", ""], new WordExpander('\\').ExpandWords("$LIST \"$LIST\" a\\ b ''", Variables));

    [Fact]
    public void A_document_keeps_its_quotes() =>
        Assert.Equal("'one' \"$A\"\n", WordExpander.ExpandDocument("'$A' \"\\$A\"\n", Variables, null));

    [Fact]
    public void Variables_that_are_not_set_are_told_unless_a_word_stands_in()
    {
        var unknown = new List<string>();
        new WordExpander('\\') { Unknown = unknown.Add }.Expand("$A $X ${Y} ${Z:-z} ${W#w}", Variables);
        Assert.Equal(["X", "Y", "W"], unknown);
    }
}
