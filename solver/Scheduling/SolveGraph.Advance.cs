using Cairn.Cache.Keys;
using Cairn.Solver.Ops;

namespace Cairn.Solver.Scheduling;

/// <content>What a vertex does next, for those of its edges of which more is wanted than there is.</content>
internal sealed partial class SolveGraph
{
    private void Advance(VertexNode vertex)
    {
        if (vertex.IsCooling)
        {
            return;
        }

        // Results of an execution fill outputs that were asked for later, too.
        if (vertex.Execution is { State: ExecutionState.Done } done)
        {
            Fill(vertex, done);
        }

        Level wanted = Level.None;
        foreach (EdgeNode edge in vertex.Edges)
        {
            if (edge.IsUnsatisfied && edge.Desire > wanted)
            {
                wanted = edge.Desire;
            }
        }

        if (wanted == Level.None)
        {
            bool isWanted = vertex.Edges.Exists(static edge => edge.Desire != Level.None);
            Rest(vertex, isWanted);
            return;
        }

        if (vertex.IgnoresCache && wanted < Level.Result)
        {
            foreach (EdgeNode edge in vertex.Edges)
            {
                Know(edge, Level.Content);
            }

            return;
        }

        vertex.IsUnderWay = true;
        if (vertex.Execution is { State: ExecutionState.Queued or ExecutionState.Running or ExecutionState.Cancelling })
        {
            return;
        }

        if (vertex.IgnoresCache && vertex.Stage < Stage.Inputs)
        {
            MoveTo(vertex, Stage.Inputs);
        }

        while (IsReady(vertex))
        {
            // An edge that became satisfied may leave nothing to do for the vertex.
            Outlook outlook = LookRound(vertex);
            if (outlook == Outlook.Satisfied)
            {
                Rest(vertex, isWanted: true);
                return;
            }

            if (outlook == Outlook.Waits)
            {
                return;
            }

            if (vertex.Stage == Stage.InputKeys && !vertex.HasAllMaps)
            {
                StartMap(vertex);
                return;
            }

            if (vertex.Stage == Stage.Inputs)
            {
                vertex.Stage = Stage.Execution;
                Execute(vertex);
                return;
            }

            if (vertex.Stage == Stage.Execution)
            {
                return;
            }

            MoveTo(vertex, vertex.Stage + 1);
        }
    }

    // Goes through the edges at a stage whose conditions are met.
    private Outlook LookRound(VertexNode vertex)
    {
        Outlook outlook = Outlook.Satisfied;
        foreach (EdgeNode edge in vertex.Edges)
        {
            if (edge.IsUnsatisfied)
            {
                Outlook one = Look(vertex, edge);
                outlook = one > outlook ? one : outlook;
            }
        }

        return outlook;
    }

    private Outlook Look(VertexNode vertex, EdgeNode edge)
    {
        if (edge.Lookup is not null || edge.Load is not null)
        {
            return Outlook.Waits;
        }

        // Who only wants keys is spared the question for results; it is asked when somebody wants more.
        bool lacksResults = edge.Desire > Level.Definition && !edge.KnowsResults && edge.Keys.Length > 0;
        if (lacksResults || edge.LookedUpAt != vertex.KeyStamp)
        {
            edge.LookedUpAt = vertex.KeyStamp;
            edge.Matched = null;
            edge.HasImports = false;
            if (CanLookUp(vertex, edge))
            {
                StartLookup(vertex, edge, inImports: false);
                return Outlook.Waits;
            }
        }

        // What was exported somewhere is asked for only what the store lacks.
        if (edge.HasImports && (edge.Desire > Level.Definition ? edge.Candidates.Count == 0 : edge.Keys.Length == 0))
        {
            edge.HasImports = false;
            StartLookup(vertex, edge, inImports: true);
            return Outlook.Waits;
        }

        if (!vertex.IgnoresCache && edge.Candidates.Count > 0)
        {
            if (edge.Desire == Level.Result)
            {
                StartLoad(edge);
                return Outlook.Waits;
            }

            Know(edge, Level.Content);
            return Outlook.Satisfied;
        }

        // Who only wants keys takes the one that there is: its result may be gone, and what stands on it be there. Should that not do, more is wanted.
        bool hasKey = edge.Desire == Level.Content && edge.Keys.Length > 0;
        bool hasAllKeys = vertex.Stage >= Stage.OwnContent
            || (vertex.Stage >= Stage.InputKeys && vertex.HasAllMaps && (hasKey || IsConclusive(vertex, edge)));
        Know(edge, hasAllKeys ? Level.Content : Level.Definition);
        return edge.IsUnsatisfied ? Outlook.WantsMore : Outlook.Satisfied;
    }

    // The conditions of the present stage; what is missing for them is demanded or begun.
    private bool IsReady(VertexNode vertex)
    {
        Demand(vertex);
        if (vertex.Maps.Count == 0)
        {
            StartMap(vertex);
            return false;
        }

        switch (vertex.Stage)
        {
            case Stage.Definition:
                return InputsHave(vertex, Level.Definition);
            case Stage.InputKeys:
                return vertex.MapWork is null && InputsHave(vertex, Level.Content);
            case Stage.MissingContent:
            case Stage.OwnContent:
                return vertex.Edges.TrueForAll(edge => !edge.IsUnsatisfied || IsConclusive(vertex, edge)) || HashContent(vertex, ofDemanded: true);
            default:
                bool hasInputs = InputsHave(vertex, Level.Result);
                bool hasContent = HashContent(vertex, ofDemanded: false);
                return hasInputs && hasContent;
        }
    }

    private static bool InputsHave(VertexNode vertex, Level level)
    {
        while (vertex.Cursor < vertex.Inputs.Length)
        {
            if (!vertex.Inputs[vertex.Cursor].Has(level))
            {
                return false;
            }

            vertex.Cursor++;
        }

        return true;
    }

    // Begins to hash the content of inputs that are evaluated, of all or of those whose results are demanded; true when no content key is missing.
    private bool HashContent(VertexNode vertex, bool ofDemanded)
    {
        bool isComplete = true;
        IReadOnlyList<CacheMapInput> inputs = vertex.Maps[0].Inputs;
        for (int i = 0; i < inputs.Count; i++)
        {
            if (inputs[i].Content is null || vertex.Content[i] is not null || (ofDemanded && vertex.Arcs[i].Demand != Level.Result))
            {
                continue;
            }

            isComplete = false;
            if (vertex.ContentWork[i] is null && vertex.Inputs[i].Result is { } result)
            {
                Work work = Begin(WorkKind.Content, vertex, input: i, result: result.Id);
                vertex.ContentWork[i] = work;
                _commands.Add(new StartContent(work.Id, vertex.Payload, i, inputs[i], result.Id));
            }
        }

        return isComplete;
    }

    // No record can match, because some input has no key that a record could hang on, and cannot get one.
    private static bool IsConclusive(VertexNode vertex, EdgeNode edge)
    {
        for (int i = 0; i < vertex.Inputs.Length; i++)
        {
            EdgeNode input = vertex.Inputs[i];
            bool isFinal = vertex.AllowsContent(i) ? vertex.Content[i] is not null : input.Has(Level.Content);
            if (isFinal && ((input.Keys.Length == 0 && vertex.Content[i] is null) || LeadsNowhere(vertex, edge, i)))
            {
                return true;
            }
        }

        return false;
    }

    // The store was asked with all that is known, and has nothing that hangs on any key of the input.
    private static bool LeadsNowhere(VertexNode vertex, EdgeNode edge, int input) =>
        edge.LookedUpAt == vertex.KeyStamp && edge.Matched is { } matched && !matched[input];

    // No result of some wanted edge can be found without the content of the input. Inputs without any key come first: before theirs is known the
    // store cannot be asked, and says nothing of the others.
    private static bool IsMissing(VertexNode vertex, int input)
    {
        if (vertex.Content[input] is not null)
        {
            return false;
        }

        for (int i = 0; i < vertex.Inputs.Length; i++)
        {
            if (vertex.Inputs[i].Keys.Length == 0 && vertex.Content[i] is null)
            {
                return vertex.Inputs[input].Keys.Length == 0;
            }
        }

        return vertex.Edges.Exists(edge => edge.IsUnsatisfied && (edge.Matched is null || LeadsNowhere(vertex, edge, input)));
    }

    private static bool CanLookUp(VertexNode vertex, EdgeNode edge)
    {
        if (vertex.IgnoresCache)
        {
            return false;
        }

        if (vertex.Inputs.Length == 0)
        {
            return vertex.Maps.Exists(static map => !map.Digest.IsRandom);
        }

        if (vertex.Maps[0].Digest.IsRandom)
        {
            return false;
        }

        for (int i = 0; i < vertex.Inputs.Length; i++)
        {
            if (vertex.Inputs[i].Keys.Length == 0 && vertex.Content[i] is null)
            {
                return false;
            }
        }

        return edge.Result is null;
    }

    private void StartMap(VertexNode vertex)
    {
        if (vertex.MapWork is null)
        {
            vertex.MapWork = Begin(WorkKind.CacheMap, vertex);
            _commands.Add(new StartCacheMap(vertex.MapWork.Id, vertex.Payload, vertex.Maps.Count));
        }
    }

    private void StartLookup(VertexNode vertex, EdgeNode edge, bool inImports)
    {
        edge.Lookup = Begin(WorkKind.Lookup, vertex, edge);
        edge.KnowsResults = edge.Desire > Level.Definition;
        edge.Asked = KeysOf(vertex, static input => input.Keys);
        edge.FoundAt = vertex.Stage;
        _commands.Add(new StartLookup(
            edge.Lookup.Id,
            vertex.Payload,
            edge.Output,
            DigestsOf(vertex),
            edge.Asked,
            edge.KnowsResults,
            WantsMatches: vertex.Stage < Stage.OwnContent && vertex.Inputs.Length > 1 && vertex.HasContentKeys)
        {
            InImports = inImports,
        });
    }

    private void StartLoad(EdgeNode edge)
    {
        CandidateId candidate = edge.Candidates[0];
        edge.Candidates.RemoveAt(0);
        edge.Load = Begin(WorkKind.Load, edge.Vertex, edge, candidate: candidate);
        _commands.Add(new StartLoad(edge.Load.Id, edge.Vertex.Payload, edge.Output, candidate, DigestsOf(edge.Vertex), edge.Asked));
    }

    private static List<CacheDigest> DigestsOf(VertexNode vertex)
    {
        var digests = new List<CacheDigest>(vertex.Maps.Count);
        foreach (CacheMap map in vertex.Maps)
        {
            digests.Add(map.Digest);
        }

        return digests;
    }

    private static KeyInput[] KeysOf(VertexNode vertex, Func<EdgeNode, CacheKeyId[]> keys)
    {
        var inputs = new KeyInput[vertex.Inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            inputs[i] = new KeyInput(keys(vertex.Inputs[i]), vertex.Maps[0].Inputs[i].Selector, vertex.Content[i]);
        }

        return inputs;
    }

    private void Know(EdgeNode edge, Level level)
    {
        if (level > edge.Known)
        {
            edge.Known = level;
            Notify(edge);
        }
    }

    // Consumers that want something of the edge look at it again.
    private void Notify(EdgeNode edge)
    {
        foreach (ConsumerArc arc in edge.Consumers)
        {
            if (arc.Demand != Level.None)
            {
                Enqueue(arc.Consumer);
            }
        }
    }

    private void AddKey(EdgeNode edge, CacheKeyId key, bool forLookup)
    {
        if (!edge.RecordKeys.Contains(key))
        {
            edge.RecordKeys = [.. edge.RecordKeys, key];
        }

        if (!forLookup || edge.Keys.Contains(key))
        {
            return;
        }

        edge.Keys = [.. edge.Keys, key];
        foreach (ConsumerArc arc in edge.Consumers)
        {
            arc.Consumer.KeyStamp++;
            if (arc.Demand != Level.None)
            {
                Enqueue(arc.Consumer);
            }
        }
    }

    private static void MoveTo(VertexNode vertex, Stage stage)
    {
        vertex.Stage = stage;
        vertex.Cursor = 0;
    }

    private void Demand(VertexNode vertex)
    {
        if (vertex.Demanded == vertex.Stage)
        {
            return;
        }

        vertex.Demanded = vertex.Stage;
        vertex.Cursor = 0;

        // An input whose evaluation can still decide is evaluated for its content.
        bool wantsContent = vertex.Stage is Stage.MissingContent or Stage.OwnContent
            && !vertex.Edges.TrueForAll(edge => !edge.IsUnsatisfied || IsConclusive(vertex, edge));
        for (int i = 0; i < vertex.Inputs.Length; i++)
        {
            SetDemand(vertex, i, vertex.Stage switch
            {
                Stage.Definition => Level.Definition,
                Stage.InputKeys => Level.Content,
                Stage.MissingContent => wantsContent && vertex.AllowsContent(i) && IsMissing(vertex, i) ? Level.Result : Level.Content,
                Stage.OwnContent => wantsContent && vertex.AllowsContent(i) ? Level.Result : Level.Content,
                _ => Level.Result,
            });
        }
    }

    private void SetDemand(VertexNode vertex, int input, Level level)
    {
        ConsumerArc arc = vertex.Arcs[input];
        if (arc.Demand == level)
        {
            return;
        }

        EdgeNode edge = vertex.Inputs[input];
        edge.Count(arc.Demand, -1);
        arc.Demand = level;
        edge.Count(level, 1);
        if (!edge.Vertex.IsForgotten)
        {
            Enqueue(edge.Vertex);
        }
    }

    // Nobody wants more than there is: what was begun for more is given up. A vertex that is still wanted keeps the keys of its inputs alive.
    private void Rest(VertexNode vertex, bool isWanted)
    {
        if (vertex.Demanded is not null)
        {
            vertex.Demanded = isWanted ? Stage.Definition : null;
            vertex.Cursor = 0;
            for (int i = 0; i < vertex.Inputs.Length; i++)
            {
                SetDemand(vertex, i, isWanted ? Level.Definition : Level.None);
            }
        }

        foreach (Work? work in vertex.ContentWork)
        {
            Stop(work);
        }

        if (vertex.Execution is { State: ExecutionState.Queued or ExecutionState.Running or ExecutionState.Cancelling } execution)
        {
            Disown(execution, vertex);
            vertex.Stage = Stage.Inputs;
        }

        if (isWanted)
        {
            vertex.IsUnderWay = false;
            return;
        }

        Stop(vertex.MapWork);
        foreach (EdgeNode edge in vertex.Edges)
        {
            vertex.IsUnderWay |= edge.Lookup is not null || edge.Load is not null;
            Stop(edge.Lookup);
            Stop(edge.Load);
        }

        // Cut short. Whoever comes later may find what others have recorded meanwhile.
        if (vertex.IsUnderWay)
        {
            vertex.IsUnderWay = false;
            vertex.Stage = Stage.Definition;
            vertex.KeyStamp++;
        }
    }
}
