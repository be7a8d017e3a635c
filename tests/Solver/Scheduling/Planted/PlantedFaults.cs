namespace Cairn.Solver.Tests.Scheduling.Planted;

/// <summary>Faults of the kinds that schedulers have, planted into the shipped source.</summary>
internal static class PlantedFaults
{
    private const string Advance = "SolveGraph.Advance.cs";
    private const string Execution = "SolveGraph.Execution.cs";
    private const string Failures = "SolveGraph.Failures.cs";
    private const string Work = "SolveGraph.Work.cs";

    private static readonly (string, string, string) NoWakeUp = (
        Work,
        "        edge.Candidates.Clear();\n        Answer(edge);\n        Notify(edge);",
        "        edge.Candidates.Clear();\n        Answer(edge);");

    public static IReadOnlyList<PlantedFault> All { get; } =
    [
        new("lost wake-up: a result does not wake who waits for it", NoWakeUp) { Complaint = "a job stalls" },
        new("missed stall: the watchdog takes any vertex for work", NoWakeUp,
            (Failures, "vertex.MapWork is not null\n", "vertex is not null\n")) { Complaint = "the watchdog does not see" },
        new("double release: a result stays with its edge after it was let go",
            (Work, "            edge.Result = null;\n            result.Edges.Remove(edge);", "            result.Edges.Remove(edge);")),
        new("leak: a result that nobody takes any more is kept",
            (Execution, "                _commands.Add(new Release(result));", "                _ = result;")),
        new("inherited cancellation: who came while work ended is told that it was cancelled",
            (Execution, "            case WorkFailed or WorkCancelled when work.IsCancelled:", "            case WorkCancelled when work.IsCancelled:")),
        new("inherited blame: the failure of one build's client is told to all",
            (Failures, "if (blame is null || blame == want.Job.Id)", "if (blame is null || blame != default(JobId))")),
        new("circle on attach: a vertex waits for the equal work of another, even of one that waits for it",
            (Execution, "        if (execution is null)\n        {\n            execution = new",
                "        if (execution is null && vertex.Edges.Exists(edge => edge.Consumers.Exists(arc => arc.Demand == Level.Result"
                + " && arc.Consumer.Maps.Count > 0 && arc.Consumer.Maps[0].Digest.Value == op)))\n        {\n            return;\n        }\n\n"
                + "        if (execution is null)\n        {\n            execution = new")) { Complaint = "a job stalls" },
        new("a lost result is not reopened: the edge keeps it",
            (Failures, "            TakeResult(edge);\n            VertexNode vertex = edge.Vertex;", "            VertexNode vertex = edge.Vertex;")),
        new("attach of no-cache to cached: what must be done anew lives on what was looked up",
            ("ExecutionIndex.cs", "(execution.IgnoresCache || !ignoresCache) && ", string.Empty)),
        new("work is not cancelled when the last asker leaves",
            (Execution, "                execution.State = ExecutionState.Cancelling;\n                Stop(execution.Work);\n", "                break;\n")),
        new("work is cancelled though somebody lives on it",
            (Execution, "        if (execution.Owners.Count > 0)\n        {\n            return;\n        }\n\n        switch",
                "        if (execution.Owners.Count > 1)\n        {\n            return;\n        }\n\n        switch")),
        new("unfair limit: who came last has the next turn",
            (Execution, "private readonly Queue<JobNode> _round = [];", "private readonly Stack<JobNode> _round = [];"),
            (Execution, "_round.TryDequeue(out JobNode? job)", "_round.TryPop(out JobNode? job)"),
            (Execution, "            _round.Enqueue(job);\n        }\n    }\n\n    // Jobs take", "            _round.Push(job);\n        }\n    }\n\n    // Jobs take"),
            (Execution, "                _round.Enqueue(job);\n            }\n        }\n    }\n\n    // A job left",
                "                _round.Push(job);\n            }\n        }\n    }\n\n    // A job left")),
        new("the limit counts what ended twice",
            (Execution, "        execution.Work = null;\n", "        execution.Work = null;\n        _running -= execution.Owners.Count > 1 ? 1 : 0;\n")),
        new("stale candidate: what could not be loaded is tried again",
            (Work, "                work.Edge!.Faults.Add(new StoredFault(work.Candidate, failed.Error));",
                "                work.Edge!.LookedUpAt = -1;")),
        new("wrong order of candidates: the last one first",
            (Advance, "        CandidateId candidate = edge.Candidates[0];\n        edge.Candidates.RemoveAt(0);",
                "        CandidateId candidate = edge.Candidates[^1];\n        edge.Candidates.RemoveAt(edge.Candidates.Count - 1);")),
        new("double execution: equal work is not found",
            (Execution, "_executions.Find(op, identity, vertex.IgnoresCache);", "null;")),
        new("work is started before all inputs are there",
            (Advance, "return hasInputs && hasContent;", "return hasContent && vertex.Inputs.Length != 2 || hasInputs && hasContent;")),
        new("a key that becomes known is not looked up with",
            (Advance, "            arc.Consumer.KeyStamp++;\n            if (arc.Demand", "            if (arc.Demand")),
        new("a refused want stays open",
            (Failures, "                        _commands.Add(new Refuse(want.Id, error));\n                        Remove(want);",
                "                        _commands.Add(new Refuse(want.Id, error));")),
        new("a job that failed because of its client is asked again at once",
            (Failures, "            Bar(origin, job);", "            _ = job;")),
    ];
}
