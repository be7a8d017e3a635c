using System.Text.Json;
using Cairn.Cli.Errors;
using Cairn.Cli.Progress;
using Cairn.Llb;
using Cairn.Solver.Progress;
using Xunit;

namespace Cairn.Cli.Tests;

public class DisplayTests
{
    private static readonly Digest Step = Digest.Sha256("step"u8);
    private static readonly Digest Other = Digest.Sha256("other"u8);

    [Fact]
    public void Plain_names_each_step_once_and_ends_it()
    {
        string[] lines = Plain("solve-exec.cold");
        Assert.Contains("#1 base image", lines);
        Assert.Contains("#1 resolve 127.0.0.1:5000/library/busybox:latest 0.1s done", lines);
        Assert.Contains(lines, l => l.StartsWith("#1 sha256:7db0962e05914b9b86755ddbc04ee4919e111573db5ecddbb49e9ca4abaf2900 1.06MB / 1.06MB", StringComparison.Ordinal) && l.EndsWith(" done", StringComparison.Ordinal));
        Assert.Contains("#2 group one", lines);
        Assert.Single(lines, "#3 sh -c echo two >> /out");
        Assert.Contains(lines, l => l.StartsWith("#4 DONE", StringComparison.Ordinal));
    }

    [Fact]
    public void Plain_marks_what_came_from_the_cache()
    {
        string[] lines = Plain("solve-exec.warm");
        Assert.Equal(3, lines.Count(l => l.EndsWith(" CACHED", StringComparison.Ordinal)));
    }

    [Fact]
    public void Plain_shows_output_with_its_time_and_the_error_of_the_step()
    {
        string[] lines = Plain("solve-fail.cold");
        Assert.Contains(lines, l => l.StartsWith("#2 0.1", StringComparison.Ordinal) && l.EndsWith(" before", StringComparison.Ordinal));
        Assert.Contains("#2 ERROR: process \"sh -c echo before; exit 7\" did not complete successfully: exit code: 7", lines);
    }

    [Fact]
    public void Plain_does_not_mix_two_steps_that_run_at_once()
    {
        using StringWriter output = new() { NewLine = "\n" };
        var display = new PlainDisplay(output, new BuildView());
        DateTimeOffset now = StatusRecording.Begin;
        display.Show([Started(Step, "one", now), Started(Other, "two", now)], now);
        for (int i = 0; i < 3; i++)
        {
            now += TimeSpan.FromMilliseconds(200);
            display.Show([Log(Step, $"one {i}\n", now), Log(Other, $"two {i}\n", now)], now);
        }

        display.Show([Ended(Step, "one", now), Ended(Other, "two", now)], now);
        display.Finish(now);
        Assert.Equal(
            """
            #1 one
            #1 0.200 one 0
            #1 0.400 one 1
            #1 0.600 one 2
            #1 DONE 0.6s

            #2 two
            #2 0.200 two 0
            #2 0.400 two 1
            #2 0.600 two 2
            #2 DONE 0.6s


            """,
            output.ToString());
    }

    [Fact]
    public void Plain_turns_to_another_step_when_the_present_one_rests()
    {
        using StringWriter output = new() { NewLine = "\n" };
        var display = new PlainDisplay(output, new BuildView());
        DateTimeOffset now = StatusRecording.Begin;
        display.Show([Started(Step, "one", now), Started(Other, "two", now)], now);
        now += TimeSpan.FromSeconds(2);
        display.Show([Log(Other, "words\n", now)], now);
        Assert.Equal("#1 one\n#1 ...\n\n#2 two\n#2 2.000 words\n", output.ToString());
    }

    [Fact]
    public void Raw_json_is_what_was_recorded_but_for_the_times()
    {
        foreach (string name in (string[])["merge-two.cold", "solve-exec.cold", "solve-exec.warm", "solve-fail.cold", "solve-local.cold"])
        {
            using MemoryStream output = new();
            var display = new RawJsonDisplay(output, new BuildView());
            StatusRecording recording = StatusRecording.Load(name);
            for (int i = 0; i < recording.Messages.Count; i++)
            {
                display.Show(recording.Messages[i], StatusRecording.TimeOf(i));
            }

            string[] expected = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "status", name + ".jsonl"));
            string[] actual = System.Text.Encoding.UTF8.GetString(output.ToArray()).TrimEnd('\n').Split('\n');
            Assert.Equal(expected, actual.Select(WithoutTimes));
        }
    }

    [Fact]
    public void The_live_picture_ends_with_every_step_and_its_state()
    {
        string[] screen = Screen("solve-fail.cold", width: 80, height: 24);
        Assert.StartsWith("[+] Building 0.9s (2/2) FINISHED", screen[0], StringComparison.Ordinal);
        Assert.Contains(screen, l => l.StartsWith(" => CACHED base image", StringComparison.Ordinal));
        Assert.Contains(screen, l => l.StartsWith(" => ERROR sh -c echo before; exit 7", StringComparison.Ordinal) && l.EndsWith("0.2s", StringComparison.Ordinal));
    }

    [Fact]
    public void The_live_picture_shows_what_runs_with_its_last_words_and_bars()
    {
        var terminal = new Terminal(60);
        var display = new TtyDisplay(terminal, new BuildView(), () => (60, 24), StatusRecording.Begin, color: false);
        DateTimeOffset now = StatusRecording.Begin + TimeSpan.FromSeconds(3);
        display.Show(
            [
                Started(Step, "RUN make", StatusRecording.Begin),
                .. Enumerable.Range(1, 9).Select(i => Log(Step, $"line {i}\n", now)),
                Started(Other, "FROM busybox", StatusRecording.Begin),
                new StatusEvent(Other, "sha256:abc", "", 5_000_000, 10_000_000, now, StatusRecording.Begin, null),
            ],
            now);
        Assert.Equal("[+] Building 3.0s (0/2)", terminal.Lines[0]);
        Assert.Equal(" => RUN make" + new string(' ', 43) + "3.0s", terminal.Lines[1]);
        Assert.Equal([.. Enumerable.Range(4, 6).Select(i => $" => => # 3.000 line {i}")], terminal.Lines[2..8]);
        Assert.Equal(" => => sha256:abc [=========>          ] 5.00MB ...    3.0s", terminal.Lines[9]);
    }

    [Fact]
    public void The_live_picture_is_never_higher_than_the_terminal()
    {
        var terminal = new Terminal(60);
        var display = new TtyDisplay(terminal, new BuildView(), () => (60, 10), StatusRecording.Begin, color: false);
        DateTimeOffset now = StatusRecording.Begin;
        for (int i = 0; i < 40; i++)
        {
            Digest vertex = Digest.Sha256(BitConverter.GetBytes(i));
            display.Show([i < 37 ? Ended(vertex, $"step {i}", now) : Started(vertex, $"step {i}", now)], now);
            Assert.InRange(terminal.Lines.Length, 1, 9);
        }

        Assert.StartsWith(" => step 39", terminal.Lines[^1], StringComparison.Ordinal);
        Assert.StartsWith("[+] Building", terminal.Lines[0], StringComparison.Ordinal);
        display.Finish(now);
        Assert.Equal(41, terminal.Lines.Length);
    }

    [Theory]
    [InlineData("\e[31mred\e[0m", "red")]
    [InlineData("10%\r50%\r100%\r", "100%")]
    [InlineData("a\tb", "a    b")]
    [InlineData("\e]0;title\atext", "text")]
    [InlineData("bell\a", "bell")]
    [InlineData("\e[2J\e[Hx", "x")]
    public void What_a_step_prints_cannot_disturb_the_picture(string printed, string shown) => Assert.Equal(shown, PictureLine.Printable(printed));

    [Fact]
    public void Vertices_of_a_group_are_one_line()
    {
        var view = new BuildView();
        var group = new ProgressGroup("g", "COPY --link a b", Weak: true);
        DateTimeOffset now = StatusRecording.Begin;
        view.Apply(Ended(Step, "copy", now) with { Group = group });
        Assert.Equal("copy", view.Rows[0].Name);
        view.Apply(Started(Other, "merge", now) with { Group = group });
        StepRow row = Assert.Single(view.Rows);
        Assert.Equal("COPY --link a b", row.Name);
        Assert.True(row.IsRunning);
    }

    [Fact]
    public void A_failure_is_told_with_log_excerpt_and_reason()
    {
        var view = new BuildView();
        DateTimeOffset now = StatusRecording.Begin;
        view.Apply(Started(Step, "[2/2] RUN false", now));
        view.Apply(Log(Step, "something\nhappened", now + TimeSpan.FromSeconds(1)));
        view.Apply(Ended(Step, "[2/2] RUN false", now) with { Error = "exit code: 1" });
        BuildException error = new BuildException(ErrorKind.Input, "", "", "process \"/bin/sh -c false\" did not complete successfully: exit code: 1")
            .WithVertex(Step)
            .WithSource(new SourceLocation("Dockerfile", "FROM x\n\nRUN false\nCMD y\n"u8.ToArray(), [SourceRange.Lines(3, 3)]));
        using StringWriter output = new() { NewLine = "\n" };
        FailureReport.Write(output, error, view);
        Assert.Equal(
            """
            ------
             > [2/2] RUN false:
            1.000 something
            1.000 happened
            ------
            Dockerfile:3
            --------------------
               1 |     FROM x
               2 |     
               3 | >>> RUN false
               4 |     CMD y
            --------------------
            ERROR: failed to build: failed to solve: process "/bin/sh -c false" did not complete successfully: exit code: 1

            """,
            output.ToString());
    }

    [Fact]
    public async Task The_pump_shows_everything_before_it_ends()
    {
        using StringWriter output = new() { NewLine = "\n" };
        await using (var pump = new ProgressPump(new PlainDisplay(output, new BuildView()), TimeProvider.System))
        {
            pump.Write(Started(Step, "one", StatusRecording.Begin));
            pump.Write(Ended(Step, "one", StatusRecording.Begin));
        }

        Assert.Equal("#1 one\n#1 DONE 0.0s\n\n", output.ToString());
    }

    private static VertexEvent Started(Digest vertex, string name, DateTimeOffset now) => new(vertex, name, [], now, null, Cached: false, null, null);

    private static VertexEvent Ended(Digest vertex, string name, DateTimeOffset now) =>
        new(vertex, name, [], StatusRecording.Begin, now, Cached: false, null, null);

    private static LogEvent Log(Digest vertex, string text, DateTimeOffset now) => new(vertex, 1, System.Text.Encoding.UTF8.GetBytes(text), now);

    private static string[] Plain(string name)
    {
        using StringWriter output = new() { NewLine = "\n" };
        Play(name, new PlainDisplay(output, new BuildView()));
        return output.ToString().Split('\n');
    }

    private static string[] Screen(string name, int width, int height)
    {
        var terminal = new Terminal(width);
        Play(name, new TtyDisplay(terminal, new BuildView(), () => (width, height), StatusRecording.Begin, color: true));
        return terminal.Lines;
    }

    private static void Play(string name, IBuildDisplay display)
    {
        StatusRecording recording = StatusRecording.Load(name);
        for (int i = 0; i < recording.Messages.Count; i++)
        {
            display.Show(recording.Messages[i], StatusRecording.TimeOf(i));
        }

        display.Finish(StatusRecording.TimeOf(recording.Messages.Count));
    }

    private static string WithoutTimes(string line)
    {
        using JsonDocument parsed = JsonDocument.Parse(line);   // it is one object, whatever else
        return System.Text.RegularExpressions.Regex.Replace(line, "\"(started|completed|timestamp)\":\"[^\"]*\"", "\"$1\":\"T\"");
    }
}
