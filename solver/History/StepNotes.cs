using Cairn.Cache.Checksums;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Llb.Graphs;
using Cairn.Protos.Pb;
using Cairn.Solver.Jobs;
using Cairn.Solver.Progress;
using Cairn.Solver.Scheduling;

namespace Cairn.Solver.History;

/// <summary>What is known of one step while its build runs. The recorder's lock guards it.</summary>
internal sealed class StepNotes(Digest digest)
{
    private readonly List<(DateTimeOffset Start, DateTimeOffset End)> _spans = [];
    private VertexEvent? _last;
    private VertexOutcome? _outcome;
    private IReadOnlyList<string> _results = [];

    public Vertex? Vertex { get; set; }

    public long LogBytes { get; set; }

    public string Name => _last?.Name ?? Vertex?.Name ?? digest.ToString();

    /// <summary>Inputs whose content was hashed, with what was hashed of them and the claim that keeps the tree in memory.</summary>
    public List<(Digest Content, IReadOnlyList<ContentSelector> Selectors, ImmutableRef Input)> Contents { get; } = [];

    public void Take(VertexEvent news)
    {
        if (news is { Started: { } started, Completed: { } completed } && (_spans.Count == 0 || _spans[^1].Start != started))
        {
            _spans.Add((started, completed));
        }

        _last = news;
    }

    /// <summary>A later decision counts, except that a hit for one more output does not hide that the step was carried out.</summary>
    public void Take(VertexOutcome outcome)
    {
        if (outcome.Kind == OutcomeKind.Keyed
            ? _outcome is null or { Kind: OutcomeKind.Keyed }
            : _outcome is not { Kind: OutcomeKind.Executed } || outcome.Kind is OutcomeKind.Executed or OutcomeKind.Failed)
        {
            _outcome = outcome;
            _results = outcome.Results;   // they may be let go of later
        }

        if (outcome.Maps.Count == 0)
        {
            return;
        }

        for (int i = 0; i < outcome.Inputs.Count; i++)
        {
            if (outcome.Inputs[i].Content is { } content && outcome.Maps[0].Inputs[i].Content is { } selectors
                && !Contents.Exists(known => known.Content == content) && outcome.TryCloneInput(i) is { } input)
            {
                Contents.Add((content, selectors, input));
            }
        }
    }

    public StepRecord ToRecord(DateTimeOffset begin) => new()
    {
        Digest = digest,
        Name = Name,
        Kind = Vertex is null ? "" : KindOf(Vertex.Kind),
        Inputs = Vertex is { } vertex ? [.. vertex.Inputs.Select(static input => input.Vertex.Digest)] : _last?.Inputs ?? [],
        Source = Vertex is null ? null : LinesOf(Vertex.Sources),
        Outcome = Outcome(),
        Spans = [.. _spans.Where(static span => span.End > span.Start).Select(span => new WorkSpan(Since(begin, span.Start), Since(begin, span.End)))],
        Queued = _outcome?.Queued is { } queued ? Since(begin, queued) : null,
        Error = _last?.Error ?? (_outcome is { Kind: OutcomeKind.Failed, Error: { } error } ? error.Message : null),
        Recipe = _outcome is null ? null : RecipeOf(_outcome, _results),
        LogBytes = LogBytes,
    };

    /// <summary>The first range in the first file.</summary>
    public static SourceLines? LinesOf(IReadOnlyList<SourceLocation> sources)
    {
        SourceLocation? source = sources.FirstOrDefault(static source => source.Ranges.Count > 0);
        return source is null
            ? null
            : new SourceLines(
                source.FileName, source.Ranges[0].StartLine,
                source.Ranges.Max(static range => Math.Max(range.StartLine, range.EndLine)));
    }

    /// <summary>The word for a kind of op.</summary>
    public static string KindOf(Op.OpOneofCase kind) => kind switch
    {
        Op.OpOneofCase.Source => "source",
        Op.OpOneofCase.Exec => "exec",
        Op.OpOneofCase.File => "file",
        Op.OpOneofCase.Merge => "merge",
        Op.OpOneofCase.Diff => "diff",
        Op.OpOneofCase.Build => "build",
        Op.OpOneofCase.Passthrough => "passthrough",
        _ => "unknown",
    };

    private StepOutcome Outcome()
    {
        if (_last is not { Started: not null })
        {
            return _outcome?.Kind switch
            {
                null or OutcomeKind.Keyed => StepOutcome.NotNeeded,
                OutcomeKind.Executed => StepOutcome.Executed,
                OutcomeKind.Failed => StepOutcome.Failed,
                _ => StepOutcome.Cached,
            };
        }

        return _last switch
        {
            { Error: { } error } when error.EndsWith("canceled", StringComparison.Ordinal) => StepOutcome.Canceled,
            { Error: not null } => StepOutcome.Failed,
            { Cached: true } => StepOutcome.Cached,
            { Completed: null } => StepOutcome.Canceled,   // under way, when that was the last that was heard of it
            _ => StepOutcome.Executed,
        };
    }

    private static StepRecipe RecipeOf(VertexOutcome outcome, IReadOnlyList<string> results) => new()
    {
        Maps = [.. outcome.Maps.Select(static map => map.Digest.ToString())],
        Pin = outcome.Maps.Select(static map => map.Pin).FirstOrDefault(static pin => pin is not null),
        Inputs = outcome.Maps.Count == 0
            ? []
            : [.. outcome.Inputs.Select((input, i) => new InputRecipe(outcome.Maps[0].Inputs[i].Content is not null, input.Content, input.Keys.Count))],
        Hit = outcome.Kind switch
        {
            OutcomeKind.HitByDefinition => "definition",
            OutcomeKind.HitByInputKeys => "inputs",
            OutcomeKind.HitByContent => "content",
            _ => null,
        },
        Miss = outcome.Miss switch
        {
            MissReason.IgnoresCache => MissWords.IgnoresCache,
            MissReason.ResultLost => MissWords.ResultLost,
            MissReason.LoadFailed => MissWords.LoadFailed,
            MissReason.LookupFailed => MissWords.LookupFailed,
            MissReason.VolatileKey => MissWords.VolatileKey,
            MissReason.InputWithoutKey => MissWords.InputWithoutKey,
            MissReason.NoRecord => MissWords.NoRecord,
            _ => null,
        },
        Results = results,
        Faults = [.. outcome.Faults.Select(fault => new StepFault(outcome.NameOf(fault.Candidate), fault.Error?.Message))],
        Import = outcome.Import,
        Asked = [.. outcome.Answers.Select(static answer => new AskedCache(answer.Source, WordOf(answer.Verdict), answer.Reason))],
        Leader = outcome.Leader?.Digest,
    };

    private static string WordOf(ImportVerdict verdict) => verdict switch
    {
        ImportVerdict.Result => AskedCache.Result,
        ImportVerdict.KeyOnly => AskedCache.KeyOnly,
        ImportVerdict.Failed => AskedCache.Failed,
        _ => AskedCache.Missing,
    };

    private static double Since(DateTimeOffset begin, DateTimeOffset time) => Math.Round(Math.Max(0, (time - begin).TotalMilliseconds), 3);
}
