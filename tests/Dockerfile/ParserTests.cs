using System.Text;
using Cairn.Frontend.Dockerfile.Instructions;
using Cairn.Frontend.Dockerfile.Parsing;
using Xunit;

namespace Cairn.Frontend.Dockerfile.Tests;

public sealed class ParserTests
{
    [Fact]
    public void Continuations_join_and_comments_between_them_vanish()
    {
        RunInstruction run = Only<RunInstruction>("FROM scratch\nRUN a \\  \n  # gone\n\n  b \\\n  && c\n");

        Assert.Equal(["a   b   && c"], run.Command.Arguments);
        Assert.Equal(new LineRange(2, 6), run.Text.Lines);
    }

    [Fact]
    public void An_escaped_escape_does_not_continue() =>
        Assert.Equal(@"a \\", Only<RunInstruction>("FROM scratch\nRUN a \\\\\nCMD b\n", 0).Command.Arguments[0]);

    [Fact]
    public void Windows_line_ends_and_a_byte_order_mark_do_not_matter()
    {
        ParsedDockerfile parsed = Parse("\uFEFFFROM scratch\r\nCOPY a \\\r\n b\r\n");

        var copy = Assert.IsType<CopyInstruction>(parsed.Stages[0].Instructions[0]);
        Assert.Equal(["a"], copy.Sources.Paths);
        Assert.Equal("b", copy.Sources.Destination);
    }

    [Fact]
    public void Comments_directly_above_an_instruction_belong_to_it() =>
        Assert.Equal(["doc", "more"], Only<RunInstruction>("FROM scratch\n# far\n\n# doc\n# more\nRUN a\n").Text.Comments);

    [Fact]
    public void Flags_end_at_the_first_other_word_or_a_lone_dash_pair()
    {
        RunInstruction run = Only<RunInstruction>("FROM scratch\nRUN --network=none -- --mount=x\n");

        Assert.Equal("none", run.Network);
        Assert.Equal(["--mount=x"], run.Command.Arguments);
    }

    [Fact]
    public void A_bracket_that_is_no_json_is_a_shell_command()
    {
        RunInstruction run = Only<RunInstruction>("FROM scratch\nRUN [ -f /x ]\n");

        Assert.True(run.Command.IsShellForm);
        Assert.Equal(["[ -f /x ]"], run.Command.Arguments);
    }

    [Fact]
    public void Pairs_keep_quoted_blanks() => Assert.Equal(
        [new KeyValue("a", "\"b c\""), new KeyValue("d", "e\\ f"), new KeyValue("g", "")],
        Only<EnvInstruction>("FROM scratch\nENV a=\"b c\" d=e\\ f g=\n").Variables);

    [Fact]
    public void Documents_end_at_their_word_and_chomp_their_tabs()
    {
        CopyInstruction copy = Only<CopyInstruction>("FROM scratch\nCOPY <<-A <<'B' /d/\n\tone\n\tA\n\tB\nB\n");

        Assert.Equal("one\n", copy.Sources.Documents[0].Text);
        Assert.True(copy.Sources.Documents[0].Expand);
        Assert.Equal("\tB\n", copy.Sources.Documents[1].Text);
        Assert.False(copy.Sources.Documents[1].Expand);
    }

    [Fact]
    public void A_shift_in_the_exec_form_is_no_document() =>
        Assert.Equal(["a", "<<EOF"], Only<RunInstruction>("FROM scratch\nRUN [\"a\", \"<<EOF\"]\n").Command.Arguments);

    [Fact]
    public void A_here_string_is_no_document() =>
        Assert.Equal(["cat <<<x"], Only<RunInstruction>("FROM scratch\nRUN cat <<<x\n").Command.Arguments);

    [Fact]
    public void Triggers_keep_their_documents() =>
        Assert.Equal("RUN <<EOF\nx\nEOF", Only<OnBuildInstruction>("FROM scratch\nONBUILD RUN <<EOF\nx\nEOF\n").Expression);

    [Fact]
    public void Health_checks_read_go_durations()
    {
        HealthCheckInstruction check = Only<HealthCheckInstruction>("FROM scratch\nHEALTHCHECK --interval=1m30s --timeout=1.5s CMD x\n");

        Assert.Equal("{Test:[CMD-SHELL x] Interval:1m30s Timeout:1.5s StartPeriod:0s StartInterval:0s Retries:0}", check.Check.ToString());
    }

    [Theory]
    [InlineData("# syntax=docker/dockerfile:1\nFROM scratch", true)]
    [InlineData("# SYNTAX = docker.io/docker/dockerfile-upstream:master arg\nFROM scratch", true)]
    [InlineData("#!/usr/bin/env x\n// syntax=other/frontend a\n", false)]
    [InlineData("{\"syntax\": \"other/frontend\"}", false)]
    public void The_frontend_a_file_asks_for_is_found(string text, bool isOwn)
    {
        var line = SyntaxLine.Find(new SourceText("Dockerfile", Encoding.UTF8.GetBytes(text)));

        Assert.NotNull(line);
        Assert.Equal(isOwn, line.NamesThisFrontend);
    }

    private static T Only<T>(string text, int index = 0) => Assert.IsType<T>(Parse(text).Stages[0].Instructions[index]);

    private static ParsedDockerfile Parse(string text) => DockerfileParser.Parse(new SourceText("Dockerfile", Encoding.UTF8.GetBytes(text)));
}
