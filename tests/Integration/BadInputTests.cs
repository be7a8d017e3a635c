using Xunit;

namespace Cairn.Integration.Tests;

/// <summary>What a person gets who made a mistake: exit code 1, and an error that names the place.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Theory]
    [InlineData("FROM scratch\nCOPPY a b\n", "dockerfile parse error on line 2", ">>> COPPY a b", "COPY")]
    [InlineData("FROM scratch\nCOPY --form=x a b\n", "line 2", ">>> COPY --form=x a b", "--form")]
    [InlineData("FROM scratch\nLABEL a=1\nCOPY nothing.txt /\n", "Dockerfile:3", ">>> COPY nothing.txt /", "\"/nothing.txt\": not found")]
    [InlineData("FROM scratch\nCOPY hidden.log /\n", "Dockerfile:2", "hidden.log", ".dockerignore")]
    [InlineData("FROM scratch\nRUN <<END\nno end\n", "unterminated heredoc", "Dockerfile:2")]
    [InlineData("", "the Dockerfile cannot be empty")]
    [InlineData("ARG x\n", "file with no instructions|no build stage in current context|no build stage")]
    [InlineData("FROM scratch AS a\nCOPY --from=b x y\nFROM scratch AS b\nCOPY --from=a x y\n", "b")]
    public async Task A_mistake_in_the_dockerfile_is_shown_in_its_place(string dockerfile, params string[] told)
    {
        string context = _workspace.Context("ctx", dockerfile);
        _workspace.Write("ctx/hidden.log", "x");
        _workspace.Write("ctx/.dockerignore", "*.log\n");
        Finished failed = (await _workspace.BuildAsync(context)).FailedWith(1);
        Assert.All(told, text => Assert.True(text.Split('|').Any(t => failed.Error.Contains(t, StringComparison.Ordinal)), $"no '{text}' in:\n{failed.Error}"));
        Assert.Contains("ERROR: ", failed.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at Cairn", failed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_fails_is_told_with_step_exit_code_log_and_excerpt()
    {
        string context = _workspace.Context("ctx", Shell.Stage + "RUN echo some words; echo and >&2; exit 7\n");
        Finished failed = (await _workspace.BuildAsync(context)).FailedWith(1);
        Assert.Contains("process \"/bin/sh -c echo some words; echo and >&2; exit 7\" did not complete successfully: exit code: 7", failed.Error, StringComparison.Ordinal);
        Assert.Contains(">>> RUN echo some words", failed.Error, StringComparison.Ordinal);
        string end = failed.Error[failed.Error.IndexOf("------\n > [", StringComparison.Ordinal)..];
        Assert.Contains(" some words\n", end, StringComparison.Ordinal);
        Assert.Contains(" and\n", end, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unable to prepare context: path \"/nowhere/at/all\" not found", "/nowhere/at/all")]
    [InlineData("open Dockerfile: no such file or directory", "EMPTY")]
    [InlineData("failed to read dockerfile: open none.Dockerfile: no such file or directory", "-f", "none.Dockerfile", "EMPTY")]
    [InlineData("target stage \"none\" could not be found", "--target", "none", "examples/hello")]
    [InlineData("failed to get build context more: path /nowhere not found", "--build-context", "more=/nowhere", "examples/hello")]
    [InlineData("is not a serialised LLB definition", "--llb", "README.md", "EMPTY")]
    [InlineData("no such file", "--llb", "/nowhere", "EMPTY")]
    [InlineData("/nowhere", "-o", "type=oci,dest=/nowhere/x.tar", "examples/hello")]
    [InlineData("secret", "--secret", "id=x,src=/nowhere", "examples/hello")]
    public async Task A_mistake_on_the_command_line_is_named(string told, params string[] arguments)
    {
        string empty = Directory.CreateDirectory(_workspace.In("empty")).FullName;
        Finished failed = (await _workspace.BuildAsync([.. arguments.Select(a => a == "EMPTY" ? empty : a)])).FailedWith(1);
        Assert.Contains(told, failed.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at Cairn", failed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_root_the_program_says_so()
    {
        Finished failed = (await CairnProgram.ExecAsync("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", CairnProgram.Launcher, "build", ".")).FailedWith(1);
        Assert.Contains("cairn needs root", failed.Error, StringComparison.Ordinal);
    }
}
