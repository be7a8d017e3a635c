using Cairn.Llb;

namespace Cairn.Solver.Scheduling;

/// <content>Failures, losses, and waits for nothing.</content>
internal sealed partial class SolveGraph
{
    private const int MostLosses = 3;

    // Everybody above who needs the vertex fails with it, now: a failure leaves nothing behind that a later asker could inherit.
    private void Fail(VertexNode origin, Exception error, JobId? blame, object? leader = null)
    {
        NoteFailure(origin, error, blame, leader);
        if (!origin.IsCooling)
        {
            origin.IsCooling = true;
            _cooling.Add(origin);
        }

        if (blame is { } id && _jobs.TryGetValue(id, out JobNode? job))
        {
            Bar(origin, job);
        }

        var seen = new HashSet<VertexNode> { origin };
        var stack = new Stack<VertexNode>();
        stack.Push(origin);
        while (stack.TryPop(out VertexNode? vertex))
        {
            foreach (EdgeNode edge in vertex.Edges)
            {
                foreach (Want want in edge.Wants.ToArray())
                {
                    if (blame is null || blame == want.Job.Id)
                    {
                        _commands.Add(new Refuse(want.Id, error));
                        Remove(want);
                    }
                }

                foreach (ConsumerArc arc in edge.Consumers)
                {
                    if (arc.Demand != Level.None && seen.Add(arc.Consumer))
                    {
                        stack.Push(arc.Consumer);
                    }
                }
            }
        }
    }

    private void Bar(VertexNode vertex, JobNode job)
    {
        if (vertex.Jobs.Contains(job) && !job.BarredFrom.Contains(vertex))
        {
            job.BarredFrom.Add(vertex);
            _commands.Add(new Barred(vertex.Payload, job.Id));
        }
    }

    private void Readmit(JobNode job)
    {
        foreach (VertexNode vertex in job.BarredFrom)
        {
            _commands.Add(new Readmitted(vertex.Payload, job.Id));
        }

        job.BarredFrom.Clear();
    }

    // True if the work did not fail but found that the bytes of inputs are gone, so that these have to be made again.
    private bool Lose(WorkFailed failed, VertexNode vertex)
    {
        if (failed.Lost.Count == 0 || ++vertex.Setbacks > MostLosses)
        {
            return false;
        }

        foreach (ResultId result in failed.Lost)
        {
            Lose(result, failed.Error);
        }

        return true;
    }

    private void Lose(ResultId id, Exception error)
    {
        if (!_results.TryGetValue(id, out ResultNode? result))
        {
            return;
        }

        EdgeNode[] edges = [.. result.Edges];
        if (result.Maker is { } maker)
        {
            foreach (VertexNode owner in maker.Owners)
            {
                owner.Stage = Stage.Definition;
                owner.Cursor = 0;
            }

            Discard(maker);
        }

        foreach (EdgeNode edge in edges)
        {
            bool isHopeless = false;
            if (edge.LoadedFrom is { } candidate)
            {
                edge.Faults.Add(new StoredFault(candidate, Error: null));
                edge.LoadedFrom = null;
            }
            else
            {
                isHopeless = ++edge.Losses > MostLosses;
            }

            TakeResult(edge);
            VertexNode vertex = edge.Vertex;
            vertex.Stage = Stage.Definition;
            vertex.Cursor = 0;
            vertex.KeyStamp++;
            foreach (ConsumerArc arc in edge.Consumers)
            {
                MissInput(arc);
            }

            Enqueue(vertex);
            if (isHopeless)
            {
                Fail(vertex, error, blame: null);
            }
        }
    }

    // What takes the place of a lost result need not have the same content; whoever waits for a turn with the lost one gets it anew.
    private void MissInput(ConsumerArc arc)
    {
        VertexNode consumer = arc.Consumer;
        consumer.Cursor = 0;
        if (consumer.Content[arc.Input] is not null)
        {
            consumer.Content[arc.Input] = null;
            consumer.KeyStamp++;
        }

        if (consumer.Execution is { State: ExecutionState.Queued or ExecutionState.Cancelling } execution)
        {
            Disown(execution, consumer);
            consumer.Stage = Stage.Inputs;
            Enqueue(consumer);
        }
    }

    private void CheckStall()
    {
        foreach (JobNode job in _jobs.Values.OrderBy(static job => job.Id.Value))
        {
            if (job.Wants.Count == 0 || HasWork(job))
            {
                continue;
            }

            string graph = Describe(job);
            _commands.Add(new Stalled(job.Id, graph));
            var error = new BuildException(
                ErrorKind.Internal, "solve", "the build", $"it waits, and nothing runs or is queued for it:\n{graph}",
                "Please report this, with the text above.", inner: null);
            foreach (Want want in job.Wants.OrderBy(static want => want.Id.Value).ToArray())
            {
                _commands.Add(new Refuse(want.Id, error));
                Remove(want);
            }
        }
    }

    private static bool HasWork(JobNode job) => Below(job).Any(static vertex =>
        vertex.MapWork is not null
        || vertex.Execution is { State: ExecutionState.Queued or ExecutionState.Running or ExecutionState.Cancelling }
        || vertex.ContentWork.Any(static work => work is not null)
        || vertex.Edges.Any(static edge => edge.Lookup is not null || edge.Load is not null));

    // The vertices that a job waits for, through demands.
    private static IEnumerable<VertexNode> Below(JobNode job)
    {
        var seen = new HashSet<VertexNode>();
        var queue = new Queue<VertexNode>();
        foreach (Want want in job.Wants.OrderBy(static want => want.Id.Value))
        {
            if (seen.Add(want.Edge.Vertex))
            {
                queue.Enqueue(want.Edge.Vertex);
            }
        }

        while (queue.TryDequeue(out VertexNode? vertex))
        {
            yield return vertex;
            foreach (ConsumerArc arc in vertex.Arcs)
            {
                VertexNode input = vertex.Inputs[arc.Input].Vertex;
                if (arc.Demand != Level.None && !vertex.Inputs[arc.Input].Has(arc.Demand) && seen.Add(input))
                {
                    queue.Enqueue(input);
                }
            }
        }
    }
}
