using System.Text;
using Cairn.Frontend.Dockerfile.Instructions;
using Cairn.Frontend.Dockerfile.Parsing;
using Cairn.Llb;
using Xunit;

namespace Cairn.Frontend.Dockerfile.Tests;

public sealed class ParserErrorTests
{
    [Theory]
    [InlineData("FROM scratch\nRUNN x", 2, "unknown instruction: RUNN (did you mean RUN?)")]
    [InlineData("FROM scratch\n\n/win/", 3, "unknown instruction: /win/")]
    [InlineData("RUN x", 1, "no build stage in current context")]
    [InlineData("FROM", 1, "FROM requires either one or three arguments")]
    [InlineData("FROM a AS", 1, "FROM requires either one or three arguments")]
    [InlineData("FROM a IS b", 1, "FROM requires either one or three arguments")]
    [InlineData("FROM a AS 1b", 1, "invalid name for build stage: \"1b\", name can't start with a number or contain symbols")]
    [InlineData("FROM --platfrom=x a", 1, "unknown flag: --platfrom (did you mean platform?)")]
    [InlineData("FROM scratch\nCOPY --chown a b", 2, "missing a value on flag: --chown")]
    [InlineData("FROM scratch\nCOPY --chown=1 --chown=2 a b", 2, "duplicate flag specified: --chown")]
    [InlineData("FROM scratch\nCOPY --link=yes a b", 2, "expecting boolean value for flag --link, not: yes")]
    [InlineData("FROM scratch\nCOPY a", 2, "COPY requires at least two arguments, but only one was provided. Destination could not be determined")]
    [InlineData("FROM scratch\nCOPY --from=$x a b", 2, "variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround")]
    [InlineData("FROM scratch\nCOPY [\"a\", 1] b", 2, null)]
    [InlineData("FROM scratch\nCMD [\"a\", 1]", 2, "when using JSON array syntax, arrays must be comprised of strings only")]
    [InlineData("FROM scratch\nENV a", 2, "ENV must have two arguments")]
    [InlineData("FROM scratch\nENV a=b c", 2, "Syntax error - can't find = in \"c\". Must be of the form: name=value")]
    [InlineData("FROM scratch\nENV =b", 2, "ENV names can not be blank")]
    [InlineData("FROM scratch\nENV", 2, "ENV requires at least one argument")]
    [InlineData("FROM scratch\nARG", 2, "ARG requires at least one argument")]
    [InlineData("FROM scratch\nWORKDIR", 2, "WORKDIR requires exactly one argument")]
    [InlineData("FROM scratch\nSHELL /bin/sh", 2, "SHELL requires the arguments to be in JSON form")]
    [InlineData("FROM scratch\nHEALTHCHECK FOO", 2, "Unknown type \"FOO\" in HEALTHCHECK (try CMD)")]
    [InlineData("FROM scratch\nHEALTHCHECK NONE x", 2, "HEALTHCHECK NONE takes no arguments")]
    [InlineData("FROM scratch\nHEALTHCHECK --interval=1us CMD x", 2, "Interval \"interval\" cannot be less than 1ms")]
    [InlineData("FROM scratch\nONBUILD ONBUILD RUN x", 2, "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")]
    [InlineData("FROM scratch\nONBUILD FROM x", 2, "FROM isn't allowed as an ONBUILD trigger")]
    [InlineData("FROM scratch\nRUN --mount=type=nope,target=/x y", 2, "unsupported mount type \"nope\"")]
    [InlineData("FROM scratch\nRUN --mount=targte=/x y", 2, "unexpected key 'targte' in 'targte=/x' (did you mean target?)")]
    [InlineData("FROM scratch\nRUN --mount=type=secret,id=a,size=1 y", 2, "unexpected key 'size' for mount type 'secret'")]
    [InlineData("FROM scratch\nRUN --mount=type=ssh,source=/a y", 2, "ssh mount should not define source")]
    [InlineData("FROM scratch\nRUN --mount=type=secret,from=a,id=b y", 2, "from is not allowed for mount type 'secret'")]
    [InlineData("FROM scratch\nRUN --mount=type=secret,source=a,id=b y", 2, "both id and source can't be set for a secret mount")]
    [InlineData("FROM scratch\nRUN --network=up y", 2, "invalid network mode: \"up\"")]
    [InlineData("FROM scratch\nRUN --device=a y", 2, "device feature is only supported in Dockerfile frontend 1.14.0-labs or later")]
    [InlineData("FROM scratch\nRUN <<EOF\na\n", 2, "unterminated heredoc")]
    [InlineData("FROM scratch\nCOPY a <<EOF\nEOF\n", 2, "COPY cannot accept a heredoc as a destination")]
    [InlineData("# escape=x\nFROM scratch", 1, "invalid escape token 'x' does not match ` or \\")]
    [InlineData("# escape=`\n# escape=`\nFROM scratch", 2, "only one escape parser directive can be used")]
    public void A_wrong_line_is_named(string text, int line, string? reason)
    {
        if (reason is null)
        {
            Parse(text);   // not JSON after all: the shell form is fine
            return;
        }
        BuildException error = Assert.Throws<BuildException>(() => Parse(text));

        Assert.Equal(ErrorKind.Input, error.Kind);
        Assert.Equal($"dockerfile parse error on line {line}: {reason}", error.Message);
        SourceLocation place = Assert.Single(error.Sources);
        Assert.Equal("Dockerfile", place.FileName);
        Assert.Equal(line, place.Ranges[0].StartLine);
        Assert.Equal(text, Encoding.UTF8.GetString(place.Content.Span));
    }

    [Theory]
    [InlineData("", "Dockerfile: the Dockerfile cannot be empty")]
    [InlineData("# only this\n\n", "Dockerfile: file with no instructions")]
    public void A_file_without_instructions_is_refused(string text, string message) =>
        Assert.Equal(message, Assert.Throws<BuildException>(() => Parse(text)).Message);

    [Fact]
    public void A_line_may_not_be_longer_than_the_limit() => Assert.Contains(
        "dockerfile line greater than max allowed size of 65535",
        Assert.Throws<BuildException>(() => Parse("FROM scratch\nRUN " + new string('x', 65536))).Message, StringComparison.Ordinal);

    private static void Parse(string text) => DockerfileParser.Parse(new SourceText("Dockerfile", Encoding.UTF8.GetBytes(text)));
}
