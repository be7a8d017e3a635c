using System.Globalization;
using System.Text;
using Cairn.Llb;
using Cairn.Solver.Scheduling;

namespace Cairn.Solver.Tests.Scheduling;

/// <summary>
/// Drives the shipped <see cref="SolveGraph"/> with random graphs, jobs, faults and orders of events, all from one seed, and checks what comes out
/// against the naive model of <see cref="SimulatedVertex"/>.
/// </summary>
internal sealed class Simulation
{
    private readonly Random _random;
    private readonly int _seed;
    private readonly SolveGraph _graph;
    private readonly SimulatedStore _store = new();
    private readonly bool _hasFaults;
    private readonly Dictionary<WorkId, Start> _running = [];
    private readonly List<WorkId> _order = [];
    private readonly HashSet<WorkId> _cancelled = [];
    private readonly Dictionary<ResultId, int> _results = [];
    private readonly Dictionary<ResultId, long> _origins = [];
    private readonly Dictionary<WantId, (JobId Job, SimulatedVertex Vertex, int Output)> _wants = [];
    private readonly Dictionary<JobId, List<SimulatedVertex>> _jobs = [];
    private readonly Dictionary<Digest, int> _executed = [];
    private readonly HashSet<JobId> _blamed = [];
    private readonly HashSet<int> _finished = [];
    private readonly Queue<(ResultId Result, (JobId Job, SimulatedVertex Vertex, int Output) Want)> _losses = [];
    private readonly StringBuilder _log = new();
    private readonly int _limit;
    private int _limitedRunning;
    private long _nextResult;
    private long _nextJob;
    private long _nextWant;

    public Simulation(int seed)
    {
        _seed = seed;
        _random = new Random(seed);
        _hasFaults = seed % 3 != 0;
        _limit = 1 + _random.Next(3);
        _graph = new SolveGraph(_limit);
    }

    public int Executions { get; private set; }

    public int Answers { get; private set; }

    public int Refusals { get; private set; }

    public void Run()
    {
        int steps = 40 + _random.Next(200);
        for (int i = 0; i < steps; i++)
        {
            switch (_random.Next(10))
            {
                case 0 when _jobs.Count < 4:
                    AddJob(_random.Next(3));
                    break;
                case 1 when _jobs.Count > 0:
                    AddWant();
                    break;
                case 2 when _hasFaults && _jobs.Count > 0 && _random.Next(2) == 0:
                    Leave(Pick(_jobs.Keys.ToList()));
                    break;
                case 3 when _hasFaults && _wants.Count > 0 && _random.Next(4) == 0:
                    WantId want = Pick(_wants.Keys.ToList());
                    _wants.Remove(want);
                    Step(new WantDropped(want));
                    break;
                case 4 when _losses.TryDequeue(out var loss):
                    Step(new ResultLost(loss.Result));
                    if (_jobs.ContainsKey(loss.Want.Job))
                    {
                        AddWant(loss.Want.Job, loss.Want.Vertex, loss.Want.Output);
                    }

                    break;
                case 5:
                    Step(new StallCheck());
                    break;
                default:
                    FinishOne();
                    break;
            }
        }

        while (FinishOne())
        {
        }

        Check(_wants.Count == 0, () => $"wants stay open and nothing runs: {string.Join(", ", _wants.Values)}");
        foreach (JobId job in _jobs.Keys.ToList())
        {
            Leave(job);
        }

        while (FinishOne())
        {
        }

        Check(_graph.VertexCount == 0, () => "vertices stay without a job");
        Check(_graph.ResultCount == 0 && _results.Count == 0, () => $"{_results.Count} results are never released");
        Check(_graph.Outstanding == 0 && _graph.WantCount == 0, () => "work or wants are left over");
        if (!_hasFaults)
        {
            CheckEconomy();
        }
    }

    // Without faults nothing is done twice, and what was done is found again.
    private void CheckEconomy()
    {
        foreach ((Digest vertex, int count) in _executed)
        {
            Check(count == 1, () => $"{vertex} ran {count} times");
        }

        _executed.Clear();
        foreach (int graphSeed in _finished.Order())
        {
            AddJob(graphSeed);
            while (FinishOne())
            {
            }

            List<SimulatedVertex> vertices = _jobs.Values.Single();
            Check(
                _executed.Count == 0 || vertices.Exists(static vertex => vertex.IsRandom),
                () => $"{_executed.Count} vertices run again though everything is recorded");
            Leave(_jobs.Keys.Single());
            _executed.Clear();
        }
    }

    private void AddJob(int graphSeed)
    {
        var job = new JobId(++_nextJob);
        _finished.Add(graphSeed);
        var shape = new Random((_seed * 7) + graphSeed);
        int pool = 3 + shape.Next(4);
        int count = 2 + shape.Next(12);
        bool ignores = _hasFaults && _random.Next(8) == 0;
        var vertices = new List<SimulatedVertex>();
        for (int i = 0; i < count; i++)
        {
            SimulatedVertex vertex = MakeVertex(shape, vertices, pool, job, ignores);
            if (!vertices.Exists(other => other.Digest == vertex.Digest))
            {
                vertices.Add(vertex);
            }
        }

        _jobs.Add(job, vertices);
        Step(new JobLoaded(job, [.. vertices.Select(vertex => new VertexSpec(
            vertex.Digest,
            [.. vertex.Inputs.Select(input => new InputSpec(vertices.FindIndex(other => other.Digest == input.Vertex.Digest), input.Output))],
            vertex.IgnoresCache,
            vertex.IsLimited,
            vertex))]));
        AddWant(job, vertices[^1], 0);
    }

    private SimulatedVertex MakeVertex(Random shape, List<SimulatedVertex> below, int pool, JobId job, bool ignores)
    {
        int inputCount = below.Count == 0 ? 0 : shape.Next(4);
        var inputs = new List<(SimulatedVertex Vertex, int Output)>();
        for (int i = 0; i < inputCount; i++)
        {
            SimulatedVertex input = below[shape.Next(below.Count)];
            inputs.Add((input, shape.Next(input.Outputs)));
        }

        bool isRandom = inputCount == 0 && shape.Next(3) == 0;
        string op = $"op{shape.Next(pool)}{inputCount}{(shape.Next(3) == 0 ? "c" : "p")}";

        // Twins do the same under another digest.
        string twin = shape.Next(3) == 0 ? $" twin {shape.Next(3)}" : string.Empty;
        int outputs = 1 + (shape.Next(4) == 0 ? 1 : 0);
        bool failsToRun = _hasFaults && shape.Next(25) == 0;
        bool failsToKey = _hasFaults && shape.Next(60) == 0;
        int maps = inputCount == 0 && shape.Next(3) == 0 ? 2 : 1;
        bool[] content = [.. inputs.Select(_ => shape.Next(2) == 0)];
        bool[] selector = [.. inputs.Select(_ => shape.Next(4) == 0)];
        bool isLimited = shape.Next(2) == 0;

        // Everything that the definition says is in the op's name, so that equal names do equal work.
        op = string.Create(CultureInfo.InvariantCulture, $"{(isRandom ? $"session {job.Value} " : string.Empty)}o{outputs}m{maps}"
            + $"{(failsToRun ? "x" : string.Empty)}{string.Concat(content.Select(static c => c ? "C" : "-"))}"
            + $"{string.Concat(selector.Select(static c => c ? "S" : "-"))}{op}");
        string identity = $"{op}{twin} {string.Join(' ', inputs.Select(static input => $"{input.Vertex.Digest}@{input.Output}"))}";
        return new SimulatedVertex
        {
            Digest = SimulatedVertex.DigestOf(identity + (failsToKey ? "k" : string.Empty)),
            Op = op,
            Inputs = inputs,
            Outputs = outputs,
            AllowsContent = content,
            HasSelector = selector,
            IsRandom = isRandom,
            MapCount = maps,
            IgnoresCache = ignores && _random.Next(2) == 0,
            IsLimited = isLimited,
            FailsToRun = failsToRun,
            FailsToKey = failsToKey,
        };
    }

    private void AddWant()
    {
        JobId job = Pick(_jobs.Keys.ToList());
        SimulatedVertex vertex = Pick(_jobs[job]);
        AddWant(job, vertex, _random.Next(vertex.Outputs));
    }

    private void AddWant(JobId job, SimulatedVertex vertex, int output)
    {
        var want = new WantId(++_nextWant);
        _wants.Add(want, (job, vertex, output));
        Step(new Wanted(want, job, vertex.Digest, output));
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

    private bool FinishOne()
    {
        if (_order.Count == 0)
        {
            return false;
        }

        int index = _random.Next(_order.Count);
        WorkId id = _order[index];
        _order.RemoveAt(index);
        _running.Remove(id, out Start? start);
        Finish(start!, _cancelled.Remove(id));
        return true;
    }

    private void Finish(Start start, bool isCancelled)
    {
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

        if (_hasFaults && _jobs.Count > 0 && start is StartExecution or StartCacheMap && _random.Next(40) == 0)
        {
            JobId blame = Pick(_jobs.Keys.ToList());
            _blamed.Add(blame);
            Step(new WorkFailed(start.Work, new InvalidOperationException("blamed"), blame, []));
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
                var found = _store.LookUp(lookup.Output, lookup.Digests, lookup.Inputs);
                Step(new LookedUp(lookup.Work, found.Keys, lookup.WantsResults ? found.Candidates : [], _random.Next(2) == 0 ? found.Matched : null));
                break;
            case StartContent content:
                (SimulatedVertex input, int output) = vertex.Inputs[content.Input];
                string text = string.Create(CultureInfo.InvariantCulture, $"content {input.ContentOf(output)}");
                Step(new ContentHashed(content.Work, SimulatedVertex.DigestOf(text)));
                break;
            case StartLoad load:
                FinishLoad(load);
                break;
            case StartExecution execution:
                FinishExecution(execution, vertex);
                break;
            default:
                throw new InvalidOperationException();
        }
    }

    private void FinishLoad(StartLoad load)
    {
        long candidate = load.Candidate.Value;
        if ((_store.Gone.Contains(candidate) && _random.Next(2) == 0) || (_hasFaults && _random.Next(12) == 0))
        {
            Step(new WorkFailed(load.Work, new InvalidOperationException("gone"), null, []));
            return;
        }

        ResultId result = NewResult(_store.Contents[candidate]);
        _origins[result] = candidate;
        Step(new Loaded(load.Work, result));
    }

    private void FinishExecution(StartExecution execution, SimulatedVertex vertex)
    {
        if (_hasFaults && execution.Inputs.Count > 0 && _random.Next(30) == 0
            && _origins.TryGetValue(execution.Inputs[_random.Next(execution.Inputs.Count)], out long origin))
        {
            _store.Gone.Add(origin);
        }

        // A lazy result is loaded in good faith; whoever reads it finds that it is gone.
        ResultId[] lost = [.. execution.Inputs.Distinct().Where(input => _origins.TryGetValue(input, out long from) && _store.Gone.Contains(from))];
        if (lost.Length > 0)
        {
            Step(new WorkFailed(execution.Work, new InvalidOperationException("lost"), null, lost));
            return;
        }

        Executions++;
        if (vertex.FailsToRun)
        {
            Step(new WorkFailed(execution.Work, new InvalidOperationException("exit code 1"), null, []));
            return;
        }

        int[] contents = [.. Enumerable.Range(0, vertex.Outputs).Select(vertex.ContentOf)];
        var keys = _store.Record(execution.Digests, execution.Keys, contents);
        Step(new Executed(execution.Work, [.. contents.Select(NewResult)], keys));
    }

    private ResultId NewResult(int content)
    {
        var result = new ResultId(++_nextResult);
        _results.Add(result, content);
        return result;
    }

    private void Step(SchedulerEvent news)
    {
        _log.AppendLine(CultureInfo.InvariantCulture, $"> {Text(news)}");
        foreach (Command command in _graph.Step(news))
        {
            _log.AppendLine(CultureInfo.InvariantCulture, $"    {Text(command)}");
            Carry(command);
        }

        if (_wants.Count == 0)
        {
            Check(_running.Keys.All(_cancelled.Contains), () => "work goes on that nobody wants");
        }
    }

    private static string Text(object record) => record switch
    {
        JobLoaded loaded => $"JobLoaded {loaded.Job} {string.Join(' ', loaded.Vertices.Select(static v => $"{v.Payload}({string.Join(',', v.Inputs.Select(static i => $"{i.Vertex}@{i.Output}"))})"))}",
        Executed executed => $"Executed {executed.Work} {string.Join(',', executed.Results)} {string.Join(',', executed.Keys)}",
        LookedUp looked => $"LookedUp {looked.Work} keys {string.Join(',', looked.Keys)} candidates {string.Join(',', looked.Candidates)}",
        _ => record.ToString()!,
    };

    private void Carry(Command command)
    {
        switch (command)
        {
            case Start start:
                Begin(start);
                break;
            case Cancel cancel:
                Check(_running.ContainsKey(cancel.Work) && _cancelled.Add(cancel.Work), () => "cancels work that does not run, or twice");
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
                Check(false, () => $"{stalled.Job} stalls:\n{stalled.WaitGraph}");
                break;
            default:
                break;
        }
    }

    private void Begin(Start start)
    {
        _running.Add(start.Work, start);
        _order.Add(start.Work);
        var vertex = (SimulatedVertex)start.Vertex;
        if (start is StartContent content)
        {
            Check(_results.ContainsKey(content.Result), () => "content of a released result");
        }

        if (start is not StartExecution execution)
        {
            return;
        }

        if (vertex.IsLimited)
        {
            Check(++_limitedRunning <= _limit, () => "too many executions at a time");
        }

        _executed[vertex.Digest] = _executed.GetValueOrDefault(vertex.Digest) + 1;
        for (int i = 0; i < vertex.Inputs.Count; i++)
        {
            Check(_results.TryGetValue(execution.Inputs[i], out int value), () => $"{vertex} runs on a released input");
            Check(value == vertex.Inputs[i].Vertex.ContentOf(vertex.Inputs[i].Output), () => $"{vertex} runs on a wrong input {i}");
        }
    }

    private void OnDelivered(Deliver deliver)
    {
        Answers++;
        Check(_wants.Remove(deliver.Want, out var want), () => "an answer that nobody waits for");
        Check(_results.TryGetValue(deliver.Result, out int content), () => "a released result is delivered");
        Check(content == want.Vertex.ContentOf(want.Output), () => $"{want.Vertex} gives a wrong result");
        if (_hasFaults && _origins.TryGetValue(deliver.Result, out long origin) && _random.Next(10) == 0)
        {
            _store.Gone.Add(origin);
        }

        if (_origins.TryGetValue(deliver.Result, out long from) && _store.Gone.Contains(from))
        {
            // An export finds that the bytes are gone, and asks again.
            _losses.Enqueue((deliver.Result, want));
        }
    }

    private void OnRefused(Refuse refuse)
    {
        Refusals++;
        Check(_wants.Remove(refuse.Want, out var want), () => "a refusal that nobody waits for");
        Check(want.Vertex.CanFail || _blamed.Contains(want.Job) || refuse.Error.Message == "lost",
            () => $"{want.Vertex} is refused without a reason: {refuse.Error.Message}");
        Check(refuse.Error.Message != "killed" && refuse.Error is not OperationCanceledException, () => "a cancellation is inherited");
    }

    private T Pick<T>(List<T> items) => items[_random.Next(items.Count)];

    private void Check(bool isTrue, Func<string> what)
    {
        if (!isTrue)
        {
            throw new InvalidOperationException($"seed {_seed}: {what()}\n{_log}");
        }
    }
}
