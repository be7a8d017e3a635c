using Cairn.Cache.Keys;

namespace Cairn.Solver.Scheduling;

/// <content>What was decided, for whoever keeps records.</content>
internal sealed partial class SolveGraph
{
    private void NoteKeys(VertexNode vertex) => _commands.Add(new Noted(vertex.Payload, Only: null, new VertexNote
    {
        Kind = OutcomeKind.Keyed,
        Maps = [.. vertex.Maps],
        Inputs = KeysOf(vertex, static input => input.Keys),
        InputResults = InputResultsOf(vertex),
        Keys = [],
    }));

    private void NoteHit(EdgeNode edge, CandidateId candidate)
    {
        VertexNode vertex = edge.Vertex;
        _commands.Add(new Noted(vertex.Payload, Only: null, new VertexNote
        {
            Kind = edge.FoundAt switch
            {
                Stage.Definition => OutcomeKind.HitByDefinition,
                Stage.InputKeys => OutcomeKind.HitByInputKeys,
                _ => OutcomeKind.HitByContent,
            },
            Output = edge.Output,
            Maps = [.. vertex.Maps],
            Inputs = edge.Asked,
            InputResults = InputResultsOf(vertex),
            Keys = Array.ConvertAll(edge.Keys, static key => (CacheKeyId?)key),
            Candidate = candidate,
            Results = [edge.Result!.Id],
            Faults = [.. edge.Faults],
            Answers = edge.Answers,
        }));
    }

    private void NoteExecution(VertexNode owner, Execution execution)
    {
        _commands.Add(new Noted(owner.Payload, Only: null, new VertexNote
        {
            Kind = OutcomeKind.Executed,
            Maps = [.. owner.Maps],
            Inputs = owner == execution.First ? execution.Inputs : KeysOf(owner, static input => input.RecordKeys),
            InputResults = InputResultsOf(owner),
            Keys = execution.Keys,
            Results = Array.ConvertAll(execution.Results, static result => result.Id),
            Miss = MissOf(owner),
            Faults = FaultsOf(owner),
            Answers = AnswersOf(owner),
            Leader = owner == execution.First ? null : execution.First.Payload,
        }));
    }

    private void NoteFailure(VertexNode vertex, Exception error, JobId? blame, object? leader)
    {
        _commands.Add(new Noted(vertex.Payload, blame, new VertexNote
        {
            Kind = OutcomeKind.Failed,
            Maps = [.. vertex.Maps],
            Inputs = vertex.Maps.Count == 0 ? [] : KeysOf(vertex, static input => input.RecordKeys),
            InputResults = InputResultsOf(vertex),
            Keys = [],
            Miss = vertex.Stage == Stage.Execution ? MissOf(vertex) : MissReason.None,
            Faults = FaultsOf(vertex),
            Answers = AnswersOf(vertex),
            Leader = leader,
            Error = error,
        }));
    }

    private static MissReason MissOf(VertexNode vertex)
    {
        if (vertex.IgnoresCache)
        {
            return MissReason.IgnoresCache;
        }

        if (vertex.Edges.Exists(static edge => edge.Losses > 0 || edge.Faults.Exists(static fault => fault.Error is null)))
        {
            return MissReason.ResultLost;
        }

        if (vertex.Edges.Exists(static edge => edge.Faults.Count > 0))
        {
            return MissReason.LoadFailed;
        }

        if (vertex.Edges.Exists(static edge => edge.LookupError is not null))
        {
            return MissReason.LookupFailed;
        }

        if (vertex.Maps.TrueForAll(static map => map.Digest.IsRandom))
        {
            return MissReason.VolatileKey;
        }

        for (int i = 0; i < vertex.Inputs.Length; i++)
        {
            if (vertex.Inputs[i].Keys.Length == 0 && vertex.Content[i] is null)
            {
                return MissReason.InputWithoutKey;
            }
        }

        return MissReason.NoRecord;
    }

    private static List<StoredFault> FaultsOf(VertexNode vertex) => [.. vertex.Edges.SelectMany(static edge => edge.Faults)];

    private static List<ImportAnswer> AnswersOf(VertexNode vertex) => [.. vertex.Edges.SelectMany(static edge => edge.Answers).Distinct()];

    private static ResultId?[] InputResultsOf(VertexNode vertex) => Array.ConvertAll(vertex.Inputs, static input => input.Result?.Id);
}
