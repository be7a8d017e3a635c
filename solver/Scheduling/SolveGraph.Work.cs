using Cairn.Cache.Keys;

namespace Cairn.Solver.Scheduling;

/// <content>Work comes back.</content>
internal sealed partial class SolveGraph
{
    private void OnEnded(WorkEnded ended)
    {
        if (!_work.Remove(ended.Work, out Work? work))
        {
            throw new ArgumentException($"work {ended.Work.Value} ended twice, or never began", nameof(ended));
        }

        if (work.Kind == WorkKind.Execution)
        {
            OnExecutionEnded(work, ended);
            return;
        }

        VertexNode vertex = work.Vertex;
        Clear(work);
        if (vertex.IsForgotten)
        {
            if (ended is Loaded { Result: ResultId orphan })
            {
                _commands.Add(new Release(orphan));
            }

            return;
        }

        Enqueue(vertex);
        switch (ended)
        {
            case CacheMapMade made:
                vertex.Maps.Add(made.Map);
                vertex.KeyStamp++;
                if (made.Map.Pin is not null)
                {
                    NoteKeys(vertex);
                }

                break;
            case LookedUp found:
                OnLookedUp(work.Edge!, found);
                break;
            case ContentHashed when vertex.Inputs[work.Input].Result?.Id != work.Result:
                // The result was lost meanwhile, and what is made in its place need not be the same.
                break;
            case ContentHashed hashed:
                vertex.Content[work.Input] = hashed.Content;
                vertex.KeyStamp++;
                NoteKeys(vertex);
                break;
            case Loaded loaded:
                OnLoadEnded(work, loaded);
                break;
            case WorkFailed failed:
                OnFailed(work, failed);
                break;
            case WorkCancelled when !work.IsCancelled:
                Fail(vertex, new OperationCanceledException("work stopped that nobody had stopped"), blame: null);
                break;
            default:
                break;
        }
    }

    private static void Clear(Work work)
    {
        switch (work.Kind)
        {
            case WorkKind.CacheMap:
                work.Vertex.MapWork = null;
                break;
            case WorkKind.Lookup:
                work.Edge!.Lookup = null;
                break;
            case WorkKind.Content:
                work.Vertex.ContentWork[work.Input] = null;
                break;
            case WorkKind.Load:
                work.Edge!.Load = null;
                break;
            default:
                break;
        }
    }

    private void OnLookedUp(EdgeNode edge, LookedUp found)
    {
        foreach (CacheKeyId key in found.Keys)
        {
            AddKey(edge, key, forLookup: true);
        }

        if (found.Keys.Count > 0 && edge.FoundAt > Stage.Definition && HasAlternatives(edge.Asked))
        {
            VertexNode vertex = edge.Vertex;
            _commands.Add(new RecordLinks(vertex.Payload, edge.Output, DigestsOf(vertex), edge.Asked, found.Keys));
        }

        edge.LookupError = null;
        edge.HasImports = found.HasImports;
        if (found.Answers is { } answers)
        {
            edge.Answers = answers;
            edge.Matched = edge.Matched is { } here && found.Matched is { } there
                ? [.. here.Zip(there, static (one, other) => one || other)]
                : null;
        }
        else
        {
            edge.Matched = found.Matched;
        }

        edge.Candidates.Clear();
        if (edge.Result is null)
        {
            foreach (CandidateId candidate in found.Candidates)
            {
                if (!edge.HasStruck(candidate))
                {
                    edge.Candidates.Add(candidate);
                }
            }
        }
    }

    // Of some input more is known than one thing, so that something may be known that nothing was recorded under.
    private static bool HasAlternatives(IReadOnlyList<KeyInput> inputs)
    {
        foreach (KeyInput input in inputs)
        {
            if (input.Keys.Count + (input.Content is null ? 0 : 1) > 1)
            {
                return true;
            }
        }

        return false;
    }

    private void OnLoadEnded(Work work, Loaded loaded)
    {
        EdgeNode edge = work.Edge!;
        if (edge.Result is not null)
        {
            _commands.Add(new Release(loaded.Result));
            return;
        }

        edge.LoadedFrom = work.Candidate;
        SetResult(edge, new ResultNode(loaded.Result));
        NoteHit(edge, work.Candidate);
    }

    private void OnFailed(Work work, WorkFailed failed)
    {
        if (work.IsCancelled)
        {
            if (work.Kind == WorkKind.Load)
            {
                work.Edge!.Candidates.Insert(0, work.Candidate);
            }

            return;
        }

        switch (work.Kind)
        {
            case WorkKind.Load:
                // A cache can only help: the next candidate, or the work itself, takes its place.
                work.Edge!.Faults.Add(new StoredFault(work.Candidate, failed.Error));
                break;
            case WorkKind.Lookup:
                work.Edge!.LookupError = failed.Error;
                break;
            default:
                if (!Lose(failed, work.Vertex))
                {
                    Fail(work.Vertex, failed.Error, failed.Blame);
                }

                break;
        }
    }

    private void SetResult(EdgeNode edge, ResultNode result)
    {
        _results.TryAdd(result.Id, result);
        result.Holders++;
        result.Edges.Add(edge);
        edge.Result = result;
        edge.Candidates.Clear();
        Answer(edge);
        Notify(edge);
    }

    private void TakeResult(EdgeNode edge)
    {
        if (edge.Result is { } result)
        {
            edge.Result = null;
            result.Edges.Remove(edge);
            Drop(result);
        }
    }

    private void Drop(ResultNode result)
    {
        if (--result.Holders == 0)
        {
            _results.Remove(result.Id);
            _commands.Add(new Release(result.Id));
        }
    }
}
