using System.Text;
using Xunit;

namespace Cairn.Integration.Tests;

/// <summary>A shell in what a failed step left, without running anything again.</summary>
public sealed class DebugTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task A_shell_sees_what_the_failed_command_wrote_with_its_environment_directory_and_user()
    {
        string context = _workspace.Context(
            "ctx",
            Shell.Stage + "RUN mkdir /work && chown 12:13 /work\nFROM scratch AS other\nCOPY note /note\n"
            + "FROM tools\nENV COLOR=green\nWORKDIR /work\nUSER 12:13\n"
            + "RUN --mount=type=bind,from=other,target=/other --mount=type=tmpfs,target=/scratch --mount=type=secret,id=key,target=/key,mode=0444 "
            + "--mount=type=cache,id=mine,target=/cache,uid=12 touch /cache/c && cat /key && echo half > done && exit 9\n");
        _workspace.Write("ctx/note", "from the other stage");
        _workspace.Write("key", "secret text");
        Finished failed = (await _workspace.BuildAsync(context, "--secret", $"id=key,src={_workspace.In("key")}")).FailedWith(1);
        Assert.Contains("cairn debug ", failed.Error, StringComparison.Ordinal);
        string id = failed.Error[(failed.Error.IndexOf("cairn debug ", StringComparison.Ordinal) + 12)..].Split('\n')[0].Trim();

        Finished shell = await DebugAsync(id, "cat done; echo $COLOR; pwd; id -u; cat /other/note; echo; ls /cache; ls /key; mount | grep -c ' /scratch '; echo more > done; exit 5\n");
        Assert.Equal("half\ngreen\n/work\n12\nfrom the other stage\nc\n1\n", shell.FailedWith(5).Output);
        Assert.Contains("not kept: secret key", shell.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret text", shell.Output + shell.Error, StringComparison.Ordinal);

        // Again, from another process: what the first shell wrote is not there.
        Assert.Equal("half\n", (await DebugAsync($"{id[..6]}:exit 9", "cat done\n")).Succeeded().Output);
        Assert.Equal("half\n", (await CairnProgram.RunAsync(new Invocation(
            CairnProgram.Launcher, ["debug", "--root", _workspace.Root, "--shell", "/bin/busybox ash"]) { Input = "cat done\n"u8.ToArray() })).Succeeded().Output);
        Assert.Contains("no such program", (await CairnProgram.RunAsync("debug", id, "--root", _workspace.Root, "--shell", "/no/shell")).FailedWith(1).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_terminal_is_passed_on_to_the_shell()
    {
        string context = _workspace.Context("ctx", Shell.Stage + "RUN echo half > /done && exit 9\n");
        (await _workspace.BuildAsync(context)).FailedWith(1);
        Finished shell = await CairnProgram.RunAsync(new Invocation(
            "script", ["-qec", $"{CairnProgram.Launcher} debug --root {_workspace.Root}", "/dev/null"])
        {
            Input = "test -t 0 && test -t 1 && echo is a $(echo terminal); cat /done; exit 3\n"u8.ToArray(),
            Environment = new Dictionary<string, string> { ["TERM"] = "vt100" },
        });
        Assert.Contains("is a terminal\r\nhalf\r\n", shell.FailedWith(3).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_some_failed_steps_are_kept_and_a_prune_takes_them()
    {
        string context = _workspace.Context("ctx", Shell.Stage + "RUN echo half > /done && exit 9\n");
        (await _workspace.BuildAsync(context)).FailedWith(1);
        Assert.Contains("debug.failed-step", (await CairnProgram.RunAsync("du", "--format", "json", "--root", _workspace.Root)).Succeeded().Output, StringComparison.Ordinal);
        (await CairnProgram.RunAsync("prune", "--force", "--root", _workspace.Root)).Succeeded();
        Finished gone = (await CairnProgram.RunAsync("debug", "--root", _workspace.Root)).FailedWith(1);
        Assert.Contains("were removed (prune)", gone.Error, StringComparison.Ordinal);
        (await CairnProgram.RunAsync("history", "rm", "--all", "--root", _workspace.Root)).Succeeded();
        Assert.Contains("no filesystem of a failed step is kept", (await CairnProgram.RunAsync("debug", "--root", _workspace.Root)).FailedWith(1).Error, StringComparison.Ordinal);
    }

    private async Task<Finished> DebugAsync(string build, string input) => await CairnProgram.RunAsync(
        new Invocation(CairnProgram.Launcher, ["debug", build, "--root", _workspace.Root]) { Input = Encoding.UTF8.GetBytes(input) });
}
