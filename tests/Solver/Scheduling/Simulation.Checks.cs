using System.Globalization;
using Cairn.Solver.Scheduling;

namespace Cairn.Solver.Tests.Scheduling;

/// <content>What the graph says, and whether it may say that.</content>
internal sealed partial class Simulation
{
    private const int MostTurnsBefore = 2;

    private readonly SimulatedClients _clients = new();
    private readonly Dictionary<WantId, Open> _wants = [];
    private readonly Dictionary<string, int> _executed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ignoring = new(StringComparer.Ordinal);
    private readonly HashSet<ResultId> _lost = [];
    private readonly Dictionary<(SimulatedVertex Node, int Output), List<CandidateId>> _offered = new(NodeComparer.Instance);
    private readonly Dictionary<(SimulatedVertex Node, int Output), HashSet<CandidateId>> _struck = new(NodeComparer.Instance);
    private readonly Dictionary<(JobId Waiting, JobId Served), int> _turns = [];

    public SimulationCounts Counts { get; } = new();

    private void Step(SchedulerEvent news)
    {
        _log?.AppendLine(CultureInfo.InvariantCulture, $"> {Text(news)}");
        Counts.Events++;
        HashSet<JobId> waited = [.. _graph.WaitingForTurns];
        foreach (Command command in _graph.Step(news))
        {
            _log?.AppendLine(CultureInfo.InvariantCulture, $"    {Text(command)}");
            string? wrong = _clients.Carry(command);
            Check(wrong is null, () => wrong!);
            Carry(command, waited);
        }

        CheckUse();
        waited.IntersectWith(_graph.WaitingForTurns);
        foreach ((JobId Waiting, JobId Served) pair in _turns.Keys.ToList())
        {
            if (!waited.Contains(pair.Waiting))
            {
                _turns.Remove(pair);
            }
        }
    }

    // Whatever runs is of use to some open want.
    private void CheckUse()
    {
        foreach ((WorkId id, Running running) in _running)
        {
            if (_cancelled.Contains(id))
            {
                continue;
            }

            IEnumerable<SimulatedVertex> served = running.Start is StartExecution
                ? _clients.LivingOn((SimulatedVertex)running.Start.Vertex)
                : [(SimulatedVertex)running.Start.Vertex];
            Check(
                _wants.Values.Any(want => served.Any(node => want.Vertex.Closure.Contains(node.Digest))),
                () => $"{running.Start} goes on though nobody wants it");
        }
    }

    private void Carry(Command command, HashSet<JobId> waited)
    {
        switch (command)
        {
            case Start start:
                Begin(start, waited);
                break;
            case Cancel cancel:
                OnCancelled(cancel);
                break;
            case Release release:
                Check(_results.Remove(release.Result), () => $"{release.Result} is released twice");
                break;
            case Deliver deliver:
                OnDelivered(deliver);
                break;
            case Refuse refuse:
                OnRefused(refuse);
                break;
            case Stalled stalled:
                _stalled.Add(stalled.Job);
                break;
            case Followed:
                Counts.Attachments++;
                break;
            case RecordLinks links when !_hasFaults || _random.Next(3) != 0:
                _store.Link(links.Output, links.Digests, links.Inputs, links.Targets);
                break;
            case Noted { Note: { Kind: OutcomeKind.Executed, Leader: SimulatedVertex leader } } noted:
                Check(leader.IgnoresCache || !((SimulatedVertex)noted.Vertex).IgnoresCache, () => $"{noted.Vertex} lives on cached work");
                break;
            default:
                break;
        }
    }

    private void Begin(Start start, HashSet<JobId> waited)
    {
        var vertex = (SimulatedVertex)start.Vertex;
        _running.Add(start.Work, new Running(start, _clients.FirstOf(vertex)));
        _order.Add(start.Work);
        switch (start)
        {
            case StartContent content:
                Check(_results.ContainsKey(content.Result) && !_lost.Contains(content.Result), () => "content of a lost or released result");
                break;
            case StartLookup:
                Check(!vertex.IgnoresCache, () => $"{vertex} ignores the cache and is looked up");
                break;
            case StartLoad load:
                OnLoad(load, vertex);
                break;
            case StartExecution execution:
                OnExecution(execution, vertex, waited);
                break;
            default:
                break;
        }
    }

    // The best candidate that has not failed yet.
    private void OnLoad(StartLoad load, SimulatedVertex node)
    {
        Check(!node.IgnoresCache, () => $"{node} ignores the cache and is loaded");
        HashSet<CandidateId> struck = _struck.GetValueOrDefault((node, load.Output)) ?? [];
        Check(!struck.Contains(load.Candidate), () => $"{load.Candidate} of {node} is tried again");
        CandidateId best = _offered[(node, load.Output)].Find(candidate => !struck.Contains(candidate));
        Check(load.Candidate == best, () => $"{load.Candidate} of {node} is tried before {best}");
    }

    private void OnExecution(StartExecution execution, SimulatedVertex vertex, HashSet<JobId> waited)
    {
        Check(execution.Turn is not null == vertex.IsLimited, () => "a turn is taken by who needs none");
        if (execution.Turn is { } turn)
        {
            Check(++_limitedRunning <= _limit, () => "too many executions at a time");
            foreach (JobId other in waited)
            {
                if (other == turn)
                {
                    _turns.Keys.Where(pair => pair.Waiting == turn).ToList().ForEach(pair => _turns.Remove(pair));
                }
                else
                {
                    int before = _turns[(other, turn)] = _turns.GetValueOrDefault((other, turn)) + 1;
                    Check(before <= MostTurnsBefore, () => $"{other} waits while {turn} has {before} turns");
                }
            }
        }

        _executed[vertex.Class] = _executed.GetValueOrDefault(vertex.Class) + 1;
        for (int i = 0; i < vertex.Inputs.Count; i++)
        {
            Check(_results.TryGetValue(execution.Inputs[i], out int value), () => $"{vertex} runs on a released input");
            Check(!_lost.Contains(execution.Inputs[i]), () => $"{vertex} runs on a lost input");
            Check(value == vertex.Inputs[i].Vertex.ContentOf(vertex.Inputs[i].Output), () => $"{vertex} runs on a wrong input {i}");
        }
    }

    private void Strike(SimulatedVertex node, int output, CandidateId candidate)
    {
        if (!_struck.TryGetValue((node, output), out HashSet<CandidateId>? struck))
        {
            _struck.Add((node, output), struck = []);
        }

        struck.Add(candidate);
    }

    private void Lose(ResultId result)
    {
        _lost.Add(result);
        if (_origins.TryGetValue(result, out var from))
        {
            Strike(from.Node, from.Output, new CandidateId(from.Stored));
        }
    }

    private void OnCancelled(Cancel cancel)
    {
        Counts.Cancellations++;
        Check(_running.TryGetValue(cancel.Work, out Running? running) && _cancelled.Add(cancel.Work), () => "cancels work that does not run, or twice");
        if (running!.Start is StartExecution execution)
        {
            SimulatedVertex[] living = [.. _clients.LivingOn((SimulatedVertex)execution.Vertex)];
            Check(living.Length == 1, () => $"the work of {execution.Vertex} is cancelled though others live on it");
            foreach (SimulatedVertex node in living)
            {
                Check(
                    !_wants.Values.Any(want => ReferenceEquals(_clients.NodeOf(want.Job, want.Vertex), node)),
                    () => $"{node} is wanted and its work is cancelled");
            }
        }
    }

    private void OnDelivered(Deliver deliver)
    {
        Counts.Answers++;
        Check(_wants.Remove(deliver.Want, out Open? want), () => "an answer that nobody waits for");
        Check(_results.TryGetValue(deliver.Result, out int content), () => "a released result is delivered");
        Check(!_lost.Contains(deliver.Result), () => $"{want!.Vertex} gives a lost result");
        Check(content == want!.Vertex.ContentOf(want.Output), () => $"{want.Vertex} gives a wrong result");
        if (_origins.TryGetValue(deliver.Result, out var from))
        {
            if (_hasFaults && _random.Next(5) == 0)
            {
                _store.Gone.Add(from.Stored);
            }

            if (_store.Gone.Contains(from.Stored))
            {
                // An export finds that the bytes are gone, and asks again.
                _losses.Enqueue((deliver.Result, want));
            }
        }
    }

    private void OnRefused(Refuse refuse)
    {
        Counts.Refusals++;
        Check(_wants.Remove(refuse.Want, out Open? want), () => "a refusal that nobody waits for");
        string why = refuse.Error.Message;
        Check(why != "killed" && refuse.Error is not OperationCanceledException, () => "a cancellation is inherited");
        Check(!why.StartsWith("client ", StringComparison.Ordinal) || why == $"client {want!.Job}", () => $"{want!.Job} is refused because of {why}");
        Check(
            want!.Vertex.CanFail || why == $"client {want.Job}" || why == "lost" || _stalled.Contains(want.Job),
            () => $"{want.Vertex} is refused without a reason: {why}");
    }

    private sealed class NodeComparer : IEqualityComparer<(SimulatedVertex Node, int Output)>
    {
        public static NodeComparer Instance { get; } = new();

        public bool Equals((SimulatedVertex Node, int Output) x, (SimulatedVertex Node, int Output) y) =>
            ReferenceEquals(x.Node, y.Node) && x.Output == y.Output;

        public int GetHashCode((SimulatedVertex Node, int Output) value) =>
            HashCode.Combine(System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(value.Node), value.Output);
    }
}
