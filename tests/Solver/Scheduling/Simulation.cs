using System.Globalization;
using System.Text;
using Cairn.Solver.Scheduling;

namespace Cairn.Solver.Tests.Scheduling;

/// <summary>
/// Drives the shipped <see cref="SolveGraph"/> with random graphs, jobs, faults and orders of events, all from one seed, and checks what comes out
/// against the naive model of <see cref="SimulatedVertex"/>.
/// </summary>
internal sealed partial class Simulation
{
    private const int MostJobs = 4;
    private const int MostWork = 20_000;   // more than any of these graphs needs; whoever does more goes in circles

    private readonly Random _random;
    private readonly int _seed;
    private readonly SolveGraph _graph;
    private readonly SimulatedStore _store;
    private readonly bool _hasFaults;
    private readonly int _limit;
    private readonly StringBuilder? _log;
    private readonly Dictionary<JobId, List<SimulatedVertex>> _jobs = [];
    private readonly HashSet<JobId> _lostSessions = [];
    private readonly HashSet<JobId> _stalled = [];
    private readonly HashSet<int> _finished = [];
    private readonly Queue<(ResultId Result, Open Want)> _losses = [];
    private long _nextJob;
    private long _nextWant;
    private int _ended;

    private Simulation(int seed, StringBuilder? log)
    {
        _seed = seed;
        _log = log;
        _random = new Random(seed);
        _hasFaults = seed % 3 != 0;
        _limit = 1 + _random.Next(3);
        _graph = new SolveGraph(_limit);
        _store = new SimulatedStore(_random.Next(2) == 0 ? new Random(seed) : null, hasImports: seed % 5 > 2);
    }

    private sealed record Open(JobId Job, SimulatedVertex Vertex, int Output);

    /// <summary>Plays one seed.</summary>
    /// <exception cref="SimulationFailure">With the seed, what went wrong, and everything that happened before.</exception>
    public static SimulationCounts Run(int seed)
    {
        try
        {
            return RunOnce(seed, log: null);
        }
        catch (SimulationFailure)
        {
            // The same again, written down.
            return RunOnce(seed, new StringBuilder());
        }
    }

    private static SimulationCounts RunOnce(int seed, StringBuilder? log)
    {
        var simulation = new Simulation(seed, log);
        try
        {
            simulation.Run();
            return simulation.Counts;
        }
        catch (SimulationFailure e) when (log is not null)
        {
            throw new SimulationFailure($"seed {seed}: {e.Message}\n{log}", e);
        }
        catch (Exception e) when (e is not SimulationFailure)
        {
            throw new SimulationFailure($"seed {seed}: {e}\n{log}", e);
        }
    }

    private void Run()
    {
        int steps = 40 + _random.Next(200);
        for (int i = 0; i < steps; i++)
        {
            Move();
        }

        FinishAll();
        if (_wants.Count > 0)
        {
            Step(new StallCheck());
            Check(_wants.Count == 0, () => $"the watchdog does not see that wants stay open and nothing runs: {string.Join(", ", _wants.Values)}");
        }

        Check(_stalled.Count == 0, () => "a job stalls");
        foreach (JobId job in _jobs.Keys.ToList())
        {
            Leave(job);
        }

        FinishAll();
        CheckEmpty();
        if (!_hasFaults)
        {
            CheckEconomy();
        }
    }

    private void Move()
    {
        switch (_random.Next(11))
        {
            case 0 when _jobs.Count < MostJobs:
                AddJob(_random.Next(3), ignores: _random.Next(8) == 0);
                break;
            case 1 when _jobs.Count > 0:
                AddWant();
                break;
            case 2 when _hasFaults && _jobs.Count > 1:
                Leave(Pick(_jobs.Keys.ToList()));
                break;
            case 3 when _hasFaults && _wants.Count > 0 && _random.Next(4) == 0:
                WantId want = Pick(_wants.Keys.ToList());
                _wants.Remove(want);
                Step(new WantDropped(want));
                break;
            case 4 when _losses.TryDequeue(out (ResultId Result, Open Want) loss):
                Lose(loss.Result);
                Step(new ResultLost(loss.Result));
                if (_jobs.ContainsKey(loss.Want.Job))
                {
                    AddWant(loss.Want);
                }

                break;
            case 5:
                Step(new StallCheck());
                break;
            case 6 when _hasFaults && _jobs.Count > 1 && _random.Next(4) == 0:
                _lostSessions.Add(Pick(_jobs.Keys.ToList()));
                break;
            default:
                FinishOne();
                break;
        }
    }

    private void FinishAll()
    {
        while (FinishOne())
        {
            Check(_ended < MostWork, () => "it never ends");
        }
    }

    private void CheckEmpty()
    {
        Check(_graph.VertexCount == 0 && _clients.Count == 0, () => "vertices stay without a job");
        Check(_graph.ResultCount == 0 && _results.Count == 0, () => $"{_results.Count} results are never released");
        Check(_graph.Outstanding == 0 && _graph.WantCount == 0, () => "work or wants are left over");
    }

    // Without faults nothing is done twice, and what was done is found again.
    private void CheckEconomy()
    {
        foreach ((string work, int count) in _executed)
        {
            Check(count == 1 || _ignoring.Contains(work), () => $"{work} is done {count} times");
        }

        if (_ignoring.Count > 0)
        {
            return;
        }

        // What counts for one session only is done again for the next.
        HashSet<string> recorded = [.. _executed.Keys.Where(static work => !work.Contains("session ", StringComparison.Ordinal))];
        _executed.Clear();
        foreach (int graphSeed in _finished.Order())
        {
            AddJob(graphSeed, ignores: false);
            FinishAll();
            string[] again = [.. _executed.Keys.Where(recorded.Contains)];
            Check(again.Length == 0, () => $"this runs again though it is recorded: {string.Join(", ", again)}");
            Leave(_jobs.Keys.Single());
            _executed.Clear();
        }
    }

    private void AddJob(int graphSeed, bool ignores)
    {
        var job = new JobId(++_nextJob);
        _finished.Add(graphSeed);
        List<SimulatedVertex> vertices = SimulatedGraph.Make(
            new Random((_seed * 7) + graphSeed), _random.Next(2), job, _hasFaults, () => ignores && _random.Next(2) == 0);
        _jobs.Add(job, vertices);
        _ignoring.UnionWith(vertices.Where(static vertex => vertex.HasIgnoring).Select(static vertex => vertex.Class));
        Step(new JobLoaded(job, [.. vertices.Select(vertex => new VertexSpec(
            vertex.Digest,
            [.. vertex.Inputs.Select(input => new InputSpec(vertices.FindIndex(other => other.Digest == input.Vertex.Digest), input.Output))],
            vertex.IgnoresCache,
            vertex.IsLimited,
            vertex))]));
        AddWant(new Open(job, vertices[^1], 0));
    }

    private void AddWant()
    {
        JobId job = Pick(_jobs.Keys.ToList());
        SimulatedVertex vertex = Pick(_jobs[job]);
        AddWant(new Open(job, vertex, _random.Next(vertex.Outputs)));
    }

    private void AddWant(Open open)
    {
        var want = new WantId(++_nextWant);
        _wants.Add(want, open);
        Step(new Wanted(want, open.Job, open.Vertex.Digest, open.Output));
    }

    private void Leave(JobId job)
    {
        _jobs.Remove(job);
        foreach (WantId want in _wants.Where(pair => pair.Value.Job == job).Select(static pair => pair.Key).ToList())
        {
            _wants.Remove(want);
        }

        Step(new JobLeft(job));
    }

    private T Pick<T>(List<T> items) => items[_random.Next(items.Count)];

    private static void Check(bool isTrue, Func<string> what)
    {
        if (!isTrue)
        {
            throw new SimulationFailure(what());
        }
    }

    private static string Text(object record) => record switch
    {
        JobLoaded loaded => $"JobLoaded {loaded.Job} {string.Join(' ', loaded.Vertices.Select(static v => $"{v.Payload}({string.Join(',', v.Inputs.Select(static i => string.Create(CultureInfo.InvariantCulture, $"{i.Vertex}@{i.Output}")))})"))}",
        Executed executed => $"Executed {executed.Work} {string.Join(',', executed.Results)} {string.Join(',', executed.Keys)}",
        LookedUp looked => $"LookedUp {looked.Work} keys {string.Join(',', looked.Keys)} candidates {string.Join(',', looked.Candidates)} matched {string.Join(',', looked.Matched ?? [])}",
        WorkFailed failed => $"WorkFailed {failed.Work} {failed.Error.Message} {failed.Blame} lost {string.Join(',', failed.Lost)}",
        Noted noted => $"Noted {noted.Vertex} {noted.Note.Kind} {noted.Note.Miss}",
        _ => record.ToString()!,
    };
}
