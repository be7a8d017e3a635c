using System.Formats.Tar;
using System.Text;
using System.Text.Json;
using Cairn.Cache.Checksums;
using Cairn.Llb;
using Cairn.Snapshotter.Trees;
using Cairn.Solver.History;
using Cairn.Solver.Progress;
using Cairn.Solver.Tests.Jobs;
using Cairn.Solver.Tests.Progress;
using Cairn.Solver.Tests.Transfer;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Cairn.Solver.Tests.History;

public sealed class HistoryTests : IAsyncDisposable
{
    private readonly TestSolver _solver = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _solver.DisposeAsync();

    [Fact]
    public async Task A_build_is_recorded_with_steps_outcomes_times_and_definition()
    {
        _solver.Thing("a", "one");
        var definition = new TestDefinition();
        string a = definition.Source("a");
        string kept = definition.Passthrough("p", a);
        definition.Locate(kept, "Dockerfile", 3);
        Cairn.Protos.Pb.Definition end = definition.End(kept);

        BuildRecord first = await BuildAsync(end);
        Assert.Equal(BuildStatus.Completed, first.Status);
        Assert.Equal(["test://a", "passthrough p"], first.Steps.Where(static step => step.Kind.Length > 0).Select(static step => step.Name));
        Assert.All(first.Steps.Where(static step => step.Kind.Length > 0), static step => Assert.Equal(StepOutcome.Executed, step.Outcome));
        StepRecord step = first.Steps.Single(static step => step.Kind == "passthrough");
        Assert.Equal(new SourceLines("Dockerfile", 3, 3), step.Source);
        Assert.Equal(Digest.Parse(a), Assert.Single(step.Inputs));
        Assert.Equal(MissWords.NoRecord, step.Recipe?.Miss);
        Assert.NotEmpty(step.Recipe!.Results);
        Assert.Equal(end, Assert.Single(_solver.Solver.History.Definitions(first.Id)));

        BuildRecord second = await BuildAsync(end);
        Assert.All(second.Steps.Where(static step => step.Kind.Length > 0), static step => Assert.Equal(StepOutcome.Cached, step.Outcome));
        Assert.Equal(step.Recipe.Results, second.Steps.Single(static step => step.Kind == "passthrough").Recipe?.Results);

        IReadOnlyList<BuildSummary> all = _solver.Solver.History.List();
        Assert.Equal([second.Id, first.Id], all.Select(static build => build.Id));
        Assert.Equal([(2, 2), (2, 0)], all.Select(static build => (build.Steps, build.CachedSteps)));
        Assert.All(all, static build => Assert.True(build.Bytes > 0));
    }

    [Fact]
    public async Task Records_survive_the_process_and_are_found_by_the_beginning_of_their_id()
    {
        _solver.Thing("a", "one");
        var definition = new TestDefinition();
        BuildRecord record = await BuildAsync(definition.End(definition.Source("a")));
        await _solver.ReopenAsync();
        BuildHistory history = _solver.Solver.History;
        Assert.Equal(record.Id, history.Find(record.Id.Value[..6]).Id);
        Assert.Equal(record.Id, history.Find("^0").Id);
        Assert.Equal(record.Id, history.Find(null).Id);
        Assert.Equal(record.ToJson(), history.TryLoad(record.Id)!.ToJson());
        Assert.Contains("^0", Assert.Throws<BuildException>(() => history.Find("^1")).Message, StringComparison.Ordinal);
        Assert.Equal(ErrorKind.Input, Assert.Throws<BuildException>(() => history.Find("0nothing")).Kind);
    }

    [Fact]
    public async Task A_failed_build_says_which_step_failed_and_a_cancelled_one_that_it_was_cancelled()
    {
        _solver.Thing("bad", "x").Error = new BuildException(ErrorKind.Environment, "fetch", "bad", "no route", "Look at the cable.");
        var definition = new TestDefinition();
        string bad = definition.Source("bad");
        definition.Locate(bad, "Dockerfile", 1);
        await Assert.ThrowsAsync<BuildException>(() => _solver.BuildAsync(definition.End(bad)));
        await _solver.Solver.RecordsAsync(Token);
        BuildRecord record = Newest();
        Assert.Equal(BuildStatus.Failed, record.Status);
        Assert.Equal((Digest.Parse(bad), "environment", "Look at the cable."), (record.Error!.Step!.Value, record.Error.Kind, record.Error.Remedy));
        Assert.Equal((new SourceLines("Dockerfile", 1, 1), "source"), (record.Error.Source, record.Error.Op));
        Assert.Equal(StepOutcome.Failed, record.Steps.Single(static step => step.Kind == "source").Outcome);
        Assert.Contains("no route", _solver.Solver.History.List()[0].Error, StringComparison.Ordinal);

        TestThing slow = _solver.Thing("slow", "x");
        slow.Gate = new TaskCompletionSource().Task;
        var other = new TestDefinition();
        using var stop = new CancellationTokenSource();
        Task<BuildResult> build = _solver.BuildAsync(other.End(other.Source("slow")), new RecordedProgress(), stop.Token);
        await slow.Begun.Task.WaitAsync(Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => build);
        await _solver.Solver.RecordsAsync(Token);
        Assert.Equal(BuildStatus.Canceled, Newest().Status);
    }

    [Fact]
    public async Task What_exceeds_the_limits_goes_and_takes_its_files_along()
    {
        await using var solver = new TestSolver(options => options with { History = new HistoryOptions { MaxBuilds = 2 } });
        solver.Thing("a", "one");
        for (int i = 0; i < 4; i++)
        {
            var definition = new TestDefinition();
            await solver.BuildAsync(definition.End(definition.Passthrough($"p{i}", definition.Source("a"))));
            await solver.Solver.RecordsAsync(Token);
        }

        IReadOnlyList<BuildSummary> left = solver.Solver.History.List();
        Assert.Equal(2, left.Count);
        await solver.ReopenAsync();
        Assert.Equal(
            left.Select(static build => build.Id.Value).Order(StringComparer.Ordinal),
            Directory.EnumerateFileSystemEntries(Path.Combine(solver.Root, "history", "builds")).Select(static path => Path.GetFileName(path)!).Order(StringComparer.Ordinal));

        solver.Solver.History.Remove(left);
        Assert.Empty(solver.Solver.History.List());
    }

    [Theory]
    [InlineData(1, 30)]   // bytes
    [InlineData(1 << 30, 0)]   // days
    public async Task Bytes_and_age_are_limited_too_and_the_newest_build_stays(long bytes, int days)
    {
        var limits = new HistoryOptions { MaxBytes = bytes, MaxAge = TimeSpan.FromDays(days) };
        await using var solver = new TestSolver(options => options with { History = limits });
        solver.Thing("a", "one");
        BuildId newest = default!;
        for (int i = 0; i < 3; i++)
        {
            var definition = new TestDefinition();
            BuildRequest request = solver.Request(definition.End(definition.Source("a")));
            newest = request.HistoryId;
            await solver.Solver.BuildAsync(request, new RecordedProgress(), Token);
            await solver.Solver.RecordsAsync(Token);
        }

        Assert.Equal(newest, Assert.Single(solver.Solver.History.List()).Id);
        Assert.NotNull(solver.Solver.History.TryLoad(newest));
    }

    [Fact]
    public async Task What_is_known_of_a_build_that_runs_is_kept_in_case_its_process_is_killed()
    {
        _solver.Thing("quick", "x");
        TestThing slow = _solver.Thing("slow", "y");
        var gate = new TaskCompletionSource();
        slow.Gate = gate.Task;
        var definition = new TestDefinition();
        string quick = definition.Source("quick"), waiting = definition.Source("slow");
        BuildRequest request = _solver.Request(definition.End(definition.Merge(quick, waiting)));
        Task<BuildResult> build = _solver.Solver.BuildAsync(request, new RecordedProgress(), Token);
        BuildRecord? kept;
        while ((kept = _solver.Solver.History.TryLoad(request.HistoryId)) is null || Of(kept, "test://quick") != StepOutcome.Executed || Of(kept, "test://slow") != StepOutcome.Canceled)
        {
            Assert.False(build.IsCompleted);
            await Task.Delay(50, Token);   // written every few seconds
        }

        Assert.Equal((BuildStatus.Running, null), (kept.Status, kept.Completed));
        gate.SetResult();
        await build;
        await _solver.Solver.RecordsAsync(Token);
        Assert.Equal(BuildStatus.Completed, _solver.Solver.History.TryLoad(request.HistoryId)!.Status);

        static StepOutcome Of(BuildRecord record, string name) => record.Steps.Single(step => step.Name == name).Outcome;
    }

    [Fact]
    public async Task Without_builds_to_keep_nothing_is_recorded()
    {
        await using var solver = new TestSolver(options => options with { History = new HistoryOptions { MaxBuilds = 0 } });
        solver.Thing("a", "one");
        var definition = new TestDefinition();
        await solver.BuildAsync(definition.End(definition.Source("a")));
        Assert.Empty(solver.Solver.History.List());
        Assert.False(Directory.Exists(Path.Combine(solver.Root, "history")));
    }

    [Fact]
    public async Task An_export_holds_record_definitions_and_logs_and_is_the_same_twice()
    {
        _solver.Thing("a", "one");
        var definition = new TestDefinition();
        BuildRecord record = await BuildAsync(definition.End(definition.Source("a")));
        using var archive = new MemoryStream();
        using var again = new MemoryStream();
        await _solver.Solver.History.ExportAsync(_solver.Solver.History.Find(null), archive, Token);
        await _solver.Solver.History.ExportAsync(_solver.Solver.History.Find(null), again, Token);
        Assert.Equal(archive.ToArray(), again.ToArray());
        archive.Position = 0;
        await using var tar = new TarReader(archive);
        List<string> names = [];
        while (await tar.GetNextEntryAsync(copyData: true, Token) is { } entry)
        {
            names.Add(entry.Name);
            if (entry.Name == "record.json")
            {
                using JsonDocument json = await JsonDocument.ParseAsync(entry.DataStream!, default, Token);
                Assert.Equal(record.Id.Value, json.RootElement.GetProperty("id").GetString());
            }
        }

        Assert.Equal(["build.json", "record.json", "definition-1.pb"], names);
    }

    [Fact]
    public async Task Logs_are_whole_whatever_their_size_and_readable_while_they_are_written()
    {
        using var directory = new TemporaryDirectory();
        string path = directory["log.zst"];
        DateTimeOffset begin = DateTimeOffset.UnixEpoch;
        Digest step = Digest.Sha256("step"u8), other = Digest.Sha256("other"u8);
        var random = new Random(7);
        using var expected = new MemoryStream();
        await using (var spool = new LogSpool(path, begin, Task.CompletedTask, TimeProvider.System, NullLogger.Instance))
        {
            for (int i = 0; i < 3000; i++)
            {
                byte[] line = Encoding.UTF8.GetBytes($"line {i} {Convert.ToHexString(RandomBytes(random, 500))}\n");
                expected.Write(line);
                spool.Write(new LogEvent(step, 1 + (i % 2), line, begin.AddMilliseconds(i)), "the step");
                if (i % 1000 == 0)
                {
                    spool.Write(new LogEvent(other, 2, "o"u8.ToArray(), begin.AddMilliseconds(i)), "the other");
                }
            }

            // The first portion is on disk before the end.
            while (!LogReader.Read(path).Any())
            {
                Token.ThrowIfCancellationRequested();
                await Task.Delay(10, Token);
            }
        }

        LogEntry[] entries = [.. LogReader.Read(path)];
        Assert.Equal(3003, entries.Length);
        Assert.Equal(expected.ToArray(), entries.Where(entry => entry.Step == step).SelectMany(static entry => entry.Bytes.ToArray()));
        Assert.Equal("the other", entries.First(entry => entry.Step == other).Name);
        Assert.Equal(2999, entries[^1].Time);

        // A killed writer leaves half a frame: all before it can be read.
        byte[] bytes = await File.ReadAllBytesAsync(path, Token);
        await File.WriteAllBytesAsync(path, bytes.AsMemory(0, bytes.Length - 100), Token);
        LogEntry[] rest = [.. LogReader.Read(path)];
        Assert.InRange(rest.Length, 1, 3002);
        Assert.Equal(entries[..rest.Length].Select(static entry => entry.Time), rest.Select(static entry => entry.Time));
    }

    [Fact]
    public void A_file_list_is_read_as_it_was_written()
    {
        ContentFile[] files =
        [
            File("/", FileKind.Directory, 0, ""), File("/a", FileKind.Regular, 1L << 40, ""), File("/a\U0001F600b", FileKind.Regular, 0, ""),
            File("/a\U0001F601b", FileKind.Symlink, 0, "/a"), File("/b/c", FileKind.Fifo, 0, ""),
        ];
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        FileLists.Write(writer, files);
        writer.Flush();
        bytes.Position = 0;
        using var reader = new BinaryReader(bytes);
        Assert.Equal(files.Select(Text), FileLists.Read(reader)!.Select(Text));

        static ContentFile File(string path, FileKind kind, long size, string link) => new()
        {
            Path = path, Kind = kind, Mode = 0x1ed, Uid = 7, Gid = 4_000_000_000, Size = size, LinkTarget = link, Hash = new byte[] { 1, 2, 3 },
        };

        static string Text(ContentFile file) =>
            $"{file.Path} {file.Kind} {file.Mode} {file.Uid} {file.Gid} {file.Size} {file.LinkTarget} {Convert.ToHexString(file.Hash.Span)}";
    }

    private static byte[] RandomBytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private async Task<BuildRecord> BuildAsync(Cairn.Protos.Pb.Definition definition)
    {
        await _solver.BuildAsync(definition);
        await _solver.Solver.RecordsAsync(Token);
        return Newest();
    }

    private BuildRecord Newest() => _solver.Solver.History.TryLoad(_solver.Solver.History.List()[0].Id)!;
}
