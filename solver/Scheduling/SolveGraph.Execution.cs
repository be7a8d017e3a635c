using System.Diagnostics;
using Cairn.Llb;

namespace Cairn.Solver.Scheduling;

/// <content>Ops are carried out, once for all who would do the same.</content>
internal sealed partial class SolveGraph
{
    private readonly Queue<JobNode> _round = [];
    private int _running;

    private void Execute(VertexNode vertex)
    {
        // What was made without looking into the cache is good for everybody; the reverse is not.
        Digest op = vertex.Maps[0].Digest.Value;
        InputIdentity[] identity = IdentityOf(vertex);
        Execution? execution = _executions.Find(op, identity, vertex.IgnoresCache);
        if (execution is null)
        {
            execution = new Execution(op, identity, vertex.IgnoresCache, ++_nextExecution, vertex);
            _executions.Add(execution);
        }

        bool isNew = execution.Owners.Count == 0 && execution.State == ExecutionState.Queued;
        execution.Owners.Add(vertex);
        vertex.Execution = execution;
        if (isNew)
        {
            Queue(execution);
        }
        else if (execution.State == ExecutionState.Done)
        {
            NoteExecution(vertex, execution);
            AddKeys(vertex, execution);
            Enqueue(vertex);
        }
        else if (execution.State == ExecutionState.Running)
        {
            _commands.Add(new Followed(vertex.Payload, execution.First.Payload));
        }
    }

    private void Queue(Execution execution)
    {
        execution.State = ExecutionState.Queued;
        execution.First = execution.Owners[0];
        if (!execution.First.IsLimited)
        {
            Run(execution, turn: null);
            return;
        }

        JobNode job = execution.First.Jobs[0];
        job.Ready.Enqueue(execution);
        _commands.Add(new Queued(execution.First.Payload));
        if (!job.IsInRound)
        {
            job.IsInRound = true;
            _round.Enqueue(job);
        }
    }

    // Jobs take turns, so that a wide build does not keep a narrow one waiting.
    private void GiveTurns()
    {
        while (_running < maxParallelism && _round.TryDequeue(out JobNode? job))
        {
            job.IsInRound = false;
            while (job.Ready.TryDequeue(out Execution? execution))
            {
                if (execution.State == ExecutionState.Queued)
                {
                    Run(execution, job.Id);
                    break;
                }
            }

            if (job.Ready.Count > 0)
            {
                job.IsInRound = true;
                _round.Enqueue(job);
            }
        }
    }

    // A job left: what it would have started for others goes to them.
    private void Rehome(JobNode job)
    {
        while (job.Ready.TryDequeue(out Execution? execution))
        {
            if (execution.State == ExecutionState.Queued)
            {
                Queue(execution);
            }
        }
    }

    private void Run(Execution execution, JobId? turn)
    {
        VertexNode vertex = execution.Owners.Find(static owner => owner.IgnoresCache) ?? execution.Owners[0];
        execution.First = vertex;
        execution.IgnoresCache = vertex.IgnoresCache;
        execution.State = ExecutionState.Running;
        execution.Work = Begin(WorkKind.Execution, vertex, execution: execution);
        if (vertex.IsLimited)
        {
            _running++;
        }

        execution.Inputs = KeysOf(vertex, static input => input.RecordKeys);
        _commands.Add(new StartExecution(
            execution.Work.Id,
            vertex.Payload,
            Array.ConvertAll(vertex.Inputs, static input => input.Result!.Id),
            DigestsOf(vertex),
            execution.Inputs,
            turn)
        {
            HasKeys = vertex.IgnoresCache || vertex.Edges.Exists(static edge => edge.RecordKeys.Length > 0),
        });
        foreach (VertexNode owner in execution.Owners)
        {
            if (owner != vertex)
            {
                _commands.Add(new Followed(owner.Payload, vertex.Payload));
            }
        }
    }

    private void OnExecutionEnded(Work work, WorkEnded ended)
    {
        Execution execution = work.Execution!;
        if (work.Vertex.IsLimited)
        {
            _running--;
        }

        execution.Work = null;
        for (int i = 0; i < execution.Owners.Count; i++)
        {
            if (execution.Owners[i] != work.Vertex && execution.State == ExecutionState.Running)
            {
                _commands.Add(new Unfollowed(execution.Owners[i].Payload, work.Vertex.Payload));
            }
        }

        switch (ended)
        {
            case Executed executed:
                OnExecuted(execution, executed);
                break;
            case WorkFailed { Lost.Count: > 0 } lost when execution.Owners.Count > 0:
                OnExecutionFailed(execution, lost);   // also if it was told to stop: who has come meanwhile would run on the same inputs
                break;
            case WorkFailed or WorkCancelled when work.IsCancelled:
                Restart(execution);
                break;
            case WorkFailed failed:
                OnExecutionFailed(execution, failed);
                break;
            default:
                OnExecutionFailed(
                    execution,
                    new WorkFailed(work.Id, new OperationCanceledException("work stopped that nobody had stopped"), Blame: null, []));
                break;
        }
    }

    private void OnExecuted(Execution execution, Executed executed)
    {
        if (execution.Owners.Count == 0)
        {
            _executions.Remove(execution);
            execution.State = ExecutionState.Dead;
            foreach (ResultId result in executed.Results)
            {
                _commands.Add(new Release(result));
            }

            return;
        }

        execution.State = ExecutionState.Done;
        execution.Keys = executed.Keys;
        execution.Results = new ResultNode[executed.Results.Count];
        for (int i = 0; i < execution.Results.Length; i++)
        {
            var result = new ResultNode(executed.Results[i]) { Maker = execution, Holders = 1 };
            _results.Add(result.Id, result);
            execution.Results[i] = result;
        }

        foreach (VertexNode owner in execution.Owners)
        {
            NoteExecution(owner, execution);
            AddKeys(owner, execution);
            Enqueue(owner);
        }
    }

    // It was told to stop, and has; perhaps somebody has come meanwhile.
    private void Restart(Execution execution)
    {
        if (execution.Owners.Count > 0)
        {
            Queue(execution);
        }
        else
        {
            _executions.Remove(execution);
            execution.State = ExecutionState.Dead;
        }
    }

    private void OnExecutionFailed(Execution execution, WorkFailed failed)
    {
        _executions.Remove(execution);
        execution.State = ExecutionState.Dead;
        VertexNode[] owners = [.. execution.Owners];
        execution.Owners.Clear();
        if (!Lose(failed, execution.First))
        {
            foreach (VertexNode owner in owners)
            {
                Fail(owner, failed.Error, failed.Blame, owner == execution.First ? null : execution.First.Payload);
            }
        }

        foreach (VertexNode owner in owners)
        {
            owner.Execution = null;
            owner.Stage = owner.Stage == Stage.Execution ? Stage.Inputs : owner.Stage;
            owner.Cursor = 0;
            Enqueue(owner);
        }
    }

    private void AddKeys(VertexNode owner, Execution execution)
    {
        for (int i = 0; i < execution.Keys.Count; i++)
        {
            if (execution.Keys[i] is { } key)
            {
                AddKey(EdgeOf(owner, i), key, forLookup: !owner.IgnoresCache);
            }
        }
    }

    private void Fill(VertexNode vertex, Execution done)
    {
        for (int i = 0; i < vertex.Edges.Count; i++)
        {
            EdgeNode edge = vertex.Edges[i];
            if (edge.Result is not null)
            {
                continue;
            }

            if (edge.Output < done.Results.Length)
            {
                edge.LoadedFrom = null;
                SetResult(edge, done.Results[edge.Output]);
            }
            else if (edge.Desire == Level.Result)
            {
                Fail(vertex, new BuildException(
                    ErrorKind.Input, "solve", vertex.Payload.ToString() ?? string.Empty,
                    $"output {edge.Output} is wanted, but there are only {done.Results.Length}", remedy: null, inner: null), blame: null);
            }
        }
    }

    private void Disown(Execution execution, VertexNode vertex)
    {
        execution.Owners.Remove(vertex);
        vertex.Execution = null;
        if (execution.State == ExecutionState.Running && execution.First != vertex)
        {
            _commands.Add(new Unfollowed(vertex.Payload, execution.First.Payload));
        }

        if (execution.Owners.Count > 0)
        {
            return;
        }

        switch (execution.State)
        {
            case ExecutionState.Running:
                execution.State = ExecutionState.Cancelling;
                Stop(execution.Work);
                break;
            case ExecutionState.Queued:
                _executions.Remove(execution);
                execution.State = ExecutionState.Dead;
                break;
            case ExecutionState.Done:
                Discard(execution);
                break;
            default:
                break;
        }
    }

    private void Discard(Execution execution)
    {
        Debug.Assert(execution.State == ExecutionState.Done, "only what is done has results");
        _executions.Remove(execution);
        execution.State = ExecutionState.Dead;
        foreach (VertexNode owner in execution.Owners)
        {
            owner.Execution = null;
        }

        execution.Owners.Clear();
        foreach (ResultNode result in execution.Results)
        {
            result.Maker = null;
            Drop(result);
        }
    }

    private static InputIdentity[] IdentityOf(VertexNode vertex)
    {
        var identity = new InputIdentity[vertex.Inputs.Length];
        for (int i = 0; i < identity.Length; i++)
        {
            EdgeNode input = vertex.Inputs[i];
            identity[i] = new InputIdentity(vertex.Maps[0].Inputs[i].Selector, input.Keys, vertex.Content[i], input.Result!.Id);
        }

        return identity;
    }
}
