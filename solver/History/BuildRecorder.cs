using Cairn.Cache.Checksums;
using Cairn.Llb;
using Cairn.Llb.Graphs;
using Cairn.Solver.Execution;
using Cairn.Solver.Jobs;
using Cairn.Solver.Progress;
using Definition = Cairn.Protos.Pb.Definition;

namespace Cairn.Solver.History;

/// <summary>
/// Takes notes of one build while it runs, and passes its news on. Everything that costs time is done when the build has ended, apart from
/// the logs, which a loop of their own writes.
/// </summary>
internal sealed class BuildRecorder(HistoryStore store, BuildRequest request, IBuildProgress target, TimeProvider clock)
    : IBuildProgress, IVertexRecorder
{
    private static readonly TimeSpan FirstKept = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan NextKept = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly DateTimeOffset _begin = clock.GetUtcNow();
    private readonly BuildId _id = request.HistoryId;

    // Guarded by _lock.
    private readonly Dictionary<Digest, StepNotes> _steps = [];
    private readonly List<StepNotes> _order = [];
    private readonly List<string> _warnings = [];
    private readonly List<Definition> _definitions = [];
    private readonly HashSet<Digest> _terminals = [];
    private LogSpool? _log;
    private Task? _begun;
    private bool _isOver;
    private ITimer? _keeping;

    /// <summary>The build's row is written beside the build.</summary>
    public void Begin()
    {
        _begun = Task.Run(() => store.Begin(new BuildSummary
        {
            Id = _id, Label = request.Label, Status = BuildStatus.Running, Created = _begin, Ref = request.Id,
        }));
        _log = store.OpenLog(_id, _begin, _begun);
        _keeping = clock.CreateTimer(_ => Keep(), null, FirstKept, NextKept);
    }

    /// <inheritdoc/>
    public void Write(BuildEvent news)
    {
        lock (_lock)
        {
            if (!_isOver)
            {
                Note(news);
            }
        }

        target.Write(news);
    }

    /// <inheritdoc/>
    public void Loaded(Definition definition, LlbGraph graph)
    {
        lock (_lock)
        {
            foreach (Vertex vertex in graph.Vertices)
            {
                Find(vertex.Digest).Vertex ??= vertex;
            }

            if (graph.Terminal is { } terminal && _terminals.Add(terminal.Vertex.Digest))
            {
                _definitions.Add(definition);
            }
        }
    }

    /// <inheritdoc/>
    public void Record(VertexOutcome outcome)
    {
        lock (_lock)
        {
            if (!_isOver)
            {
                Find(outcome.Vertex.Digest).Take(outcome);
            }
        }
    }

    /// <summary>Writes the record. The build is over: nothing comes after.</summary>
    /// <param name="result">What it gave; null if it failed.</param>
    /// <param name="error">Why it failed; null if it did not.</param>
    public async Task EndAsync(BuildResult? result, Exception? error)
    {
        lock (_lock)
        {
            _isOver = true;
        }

        await _keeping!.DisposeAsync();
        await _begun!;
        await _log!.DisposeAsync();
        BuildRecord record = Compose(StatusOf(error), result, error, clock.GetUtcNow());
        List<(Digest Content, IReadOnlyList<ContentFile> Files)> lists = [];
        foreach (StepNotes step in _order)
        {
            foreach ((Digest content, IReadOnlyList<ContentSelector> selectors, Cache.Refs.ImmutableRef input) in step.Contents)
            {
                using (input)
                {
                    if (!lists.Exists(list => list.Content == content) && !store.HasFileList(content)
                        && ContentChecksums.TryList(input, selectors, CancellationToken.None) is { } files)
                    {
                        lists.Add((content, files));
                    }
                }
            }
        }

        store.End(record, _definitions, _order.SelectMany(static step => step.Contents.Select(static content => content.Content)), lists, Kept(error, record));
    }

    private static KeptMount[] Kept(Exception? error, BuildRecord record) =>
        ProcessFailedException.Find(error) is { Kept.Count: > 0 } failed && record.Error?.Step is { } step
            ? [.. failed.Kept.Select(mount => new KeptMount(record.Id, step, mount.Mount, mount.Ref, mount.IsOwn, record.Completed!.Value))]
            : [];

    private void Note(BuildEvent news)
    {
        switch (news)
        {
            case VertexEvent vertex:
                Find(vertex.Vertex).Take(vertex);
                break;
            case LogEvent log:
                StepNotes step = Find(log.Vertex);
                step.LogBytes += log.Bytes.Length;
                _log!.Write(log, step.Name);
                break;
            case WarningEvent { Warning.Short: { } text } when !_warnings.Contains(text):
                _warnings.Add(text);
                break;
            default:
                break;
        }
    }

    private StepNotes Find(Digest digest)
    {
        if (!_steps.TryGetValue(digest, out StepNotes? notes))
        {
            notes = new StepNotes(digest);
            _steps.Add(digest, notes);
            _order.Add(notes);
        }

        return notes;
    }

    // What is known so far: if the process is killed, that is what there is.
    private void Keep()
    {
        if (_begun is not { IsCompletedSuccessfully: true })
        {
            return;
        }

        BuildRecord record;
        Definition[] definitions;
        lock (_lock)
        {
            if (_isOver)
            {
                return;
            }

            record = Compose(BuildStatus.Running, result: null, error: null, end: null);
            definitions = [.. _definitions];
        }

        store.Keep(record, definitions);
    }

    private static BuildStatus StatusOf(Exception? error) => error switch
    {
        null => BuildStatus.Completed,
        OperationCanceledException => BuildStatus.Canceled,
        _ => BuildStatus.Failed,
    };

    private BuildRecord Compose(BuildStatus status, BuildResult? result, Exception? error, DateTimeOffset? end) => new()
    {
        Id = _id,
        Label = request.Label,
        Status = status,
        Created = _begin,
        Completed = end,
        Options = new SortedDictionary<string, string>(request.FrontendOptions.ToDictionary(), StringComparer.Ordinal),
        Exports = [.. request.Exports.Select(static export => export.Type)],
        Response = result?.Response ?? new Dictionary<string, string>(),
        Steps = [.. _order.Select(step => step.ToRecord(_begin))],
        Warnings = _warnings,
        Error = error is null or OperationCanceledException ? null : Describe(error),
    };

    private static RecordedError Describe(Exception error)
    {
        var known = error as BuildException;
        ProcessFailedException? process = ProcessFailedException.Find(error);
        return new RecordedError
        {
            Message = error.Message,
            Kind = (known?.Kind ?? ErrorKind.Internal).ToString().ToLowerInvariant(),
            Remedy = known?.Remedy,
            Step = known?.Vertex,
            Op = known?.Op is { } op ? StepNotes.KindOf(op.OpCase) : null,
            Source = known is null ? null : StepNotes.LinesOf(known.Sources),
            Command = process?.Command,
            ExitCode = process?.ExitCode,
        };
    }
}
