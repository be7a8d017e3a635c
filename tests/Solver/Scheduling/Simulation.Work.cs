using System.Globalization;
using Cairn.Solver.Scheduling;

namespace Cairn.Solver.Tests.Scheduling;

/// <content>The work that the graph asks for: begun, and ended in any order and any way.</content>
internal sealed partial class Simulation
{
    private readonly Dictionary<WorkId, Running> _running = [];
    private readonly List<WorkId> _order = [];
    private readonly HashSet<WorkId> _cancelled = [];
    private readonly Dictionary<ResultId, int> _results = [];
    private readonly Dictionary<ResultId, (long Stored, SimulatedVertex Node, int Output)> _origins = [];
    private int _limitedRunning;
    private long _nextResult;

    private sealed record Running(Start Start, JobId? Client);

    private bool FinishOne()
    {
        if (_order.Count == 0)
        {
            return false;
        }

        _ended++;
        int index = _random.Next(_order.Count);
        WorkId id = _order[index];
        _order.RemoveAt(index);
        _running.Remove(id, out Running? running);
        Finish(running!, _cancelled.Remove(id));
        return true;
    }

    private void Finish(Running running, bool isCancelled)
    {
        Start start = running.Start;
        var vertex = (SimulatedVertex)start.Vertex;
        if (start is StartExecution && vertex.IsLimited)
        {
            _limitedRunning--;
        }

        if (isCancelled && _random.Next(3) != 0)
        {
            Step(_random.Next(2) == 0
                ? new WorkCancelled(start.Work)
                : new WorkFailed(start.Work, new InvalidOperationException("killed"), null, []));
            return;
        }

        if (start is StartExecution or StartCacheMap && running.Client is { } client && FailsBecauseOf(client, vertex))
        {
            Counts.ClientFaults++;
            Step(new WorkFailed(start.Work, new InvalidOperationException($"client {client}"), client, []));
            return;
        }

        switch (start)
        {
            case StartCacheMap map when vertex.FailsToKey:
                Step(new WorkFailed(map.Work, new InvalidOperationException("no key"), null, []));
                break;
            case StartCacheMap map:
                Step(new CacheMapMade(map.Work, vertex.Map(map.Index)));
                break;
            case StartLookup lookup when _hasFaults && _random.Next(30) == 0:
                Step(new WorkFailed(lookup.Work, new InvalidOperationException("database"), null, []));
                break;
            case StartLookup lookup:
                Counts.ImportLookups += lookup.InImports ? 1 : 0;
                var found = _store.LookUp(lookup.Output, lookup.Digests, lookup.Inputs, lookup.InImports);
                List<CandidateId> candidates = lookup.WantsResults ? found.Candidates : [];
                _offered[(vertex, lookup.Output)] = candidates;
                Step(new LookedUp(lookup.Work, found.Keys, candidates, lookup.WantsMatches && _random.Next(8) != 0 ? found.Matched : null)
                {
                    HasImports = !lookup.InImports && _store.HasImports,
                    Answers = lookup.InImports ? [] : null,
                });
                break;
            case StartContent content:
                (SimulatedVertex input, int output) = vertex.Inputs[content.Input];
                string text = string.Create(CultureInfo.InvariantCulture, $"content {input.ContentOf(output)}");
                Step(new ContentHashed(content.Work, SimulatedVertex.DigestOf(text)));
                break;
            case StartLoad load:
                FinishLoad(load, isCancelled);
                break;
            case StartExecution execution:
                FinishExecution(execution, vertex);
                break;
            default:
                throw new InvalidOperationException();
        }
    }

    private bool FailsBecauseOf(JobId client, SimulatedVertex vertex) =>
        (vertex.NeedsClient && _lostSessions.Contains(client)) || (_hasFaults && _random.Next(60) == 0);

    private void FinishLoad(StartLoad load, bool isCancelled)
    {
        long candidate = load.Candidate.Value;
        var node = (SimulatedVertex)load.Vertex;
        if ((_store.Gone.Contains(candidate) && _random.Next(2) == 0) || (_hasFaults && _random.Next(12) == 0))
        {
            if (!isCancelled)
            {
                Strike(node, load.Output, load.Candidate);
            }

            Step(new WorkFailed(load.Work, new InvalidOperationException("gone"), null, []));
            return;
        }

        Counts.Loads++;
        _store.Take(candidate);
        ResultId result = NewResult(_store.Contents[candidate]);
        _origins[result] = (candidate, node, load.Output);
        Step(new Loaded(load.Work, result));
    }

    private void FinishExecution(StartExecution execution, SimulatedVertex vertex)
    {
        if (_hasFaults && execution.Inputs.Count > 0 && _random.Next(8) == 0
            && _origins.TryGetValue(execution.Inputs[_random.Next(execution.Inputs.Count)], out var origin))
        {
            _store.Gone.Add(origin.Stored);
        }

        // A lazy result is loaded in good faith; whoever reads it finds that it is gone.
        ResultId[] lost = [.. execution.Inputs.Distinct().Where(IsGone)];
        if (lost.Length > 0)
        {
            Counts.Losses++;
            Array.ForEach(lost, Lose);
            Step(new WorkFailed(execution.Work, new InvalidOperationException("lost"), null, lost));
            return;
        }

        Counts.Executions++;
        if (vertex.FailsToRun)
        {
            Step(new WorkFailed(execution.Work, new InvalidOperationException("exit code 1"), null, []));
            return;
        }

        int[] contents = [.. Enumerable.Range(0, vertex.Outputs).Select(vertex.ContentOf)];
        var keys = _store.Record(execution.Digests, execution.Keys, contents);
        Step(new Executed(execution.Work, [.. contents.Select(NewResult)], keys));
    }

    private bool IsGone(ResultId result) => _origins.TryGetValue(result, out var from) && _store.Gone.Contains(from.Stored);

    private ResultId NewResult(int content)
    {
        var result = new ResultId(++_nextResult);
        _results.Add(result, content);
        return result;
    }
}
