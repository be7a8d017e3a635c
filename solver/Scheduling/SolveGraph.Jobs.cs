using System.Diagnostics;
using System.Text;
using Cairn.Llb;

namespace Cairn.Solver.Scheduling;

/// <content>Jobs come, want and leave.</content>
internal sealed partial class SolveGraph
{
    private void OnLoaded(JobLoaded loaded)
    {
        if (!_jobs.TryGetValue(loaded.Job, out JobNode? job))
        {
            job = new JobNode(loaded.Job);
            _jobs.Add(job.Id, job);
        }

        var nodes = new VertexNode[loaded.Vertices.Count];
        for (int i = 0; i < nodes.Length; i++)
        {
            VertexSpec spec = loaded.Vertices[i];
            if (!job.Vertices.TryGetValue(spec.Digest, out VertexNode? node) || (spec.IgnoresCache && !node.IgnoresCache))
            {
                node = FindOrAdd(spec, nodes);
                job.Vertices[spec.Digest] = node;
            }

            nodes[i] = node;
            if (!node.Jobs.Contains(job))
            {
                node.Jobs.Add(job);
                job.Held.Add(node);
                _commands.Add(new Joined(node.Payload, job.Id, spec.Payload));
            }
        }
    }

    private VertexNode FindOrAdd(VertexSpec spec, VertexNode[] nodes)
    {
        // A vertex whose inputs had to stay apart from equal ones is itself another vertex.
        bool isApart = false;
        var inputs = new EdgeNode[spec.Inputs.Count];
        for (int i = 0; i < inputs.Length; i++)
        {
            VertexNode input = nodes[spec.Inputs[i].Vertex];
            inputs[i] = EdgeOf(input, spec.Inputs[i].Output);
        }

        Digest key = spec.Digest;
        if (_vertices.TryGetValue(key, out VertexNode? node))
        {
            isApart = (spec.IgnoresCache && !node.IgnoresCache) || !node.Inputs.AsSpan().SequenceEqual(inputs);
        }

        if (isApart)
        {
            key = KeyApart(spec, inputs);
            _vertices.TryGetValue(key, out node);
        }

        if (node is not null)
        {
            return node;
        }

        node = new VertexNode(key, spec, inputs);
        for (int i = 0; i < inputs.Length; i++)
        {
            var arc = new ConsumerArc(node, i) { Position = inputs[i].Consumers.Count };
            inputs[i].Consumers.Add(arc);
            node.Arcs[i] = arc;
        }

        _vertices.Add(key, node);
        return node;
    }

    private static Digest KeyApart(VertexSpec spec, EdgeNode[] inputs)
    {
        var text = new StringBuilder(spec.Digest.ToString());
        if (spec.IgnoresCache)
        {
            text.Append("-ignorecache");
        }

        foreach (EdgeNode input in inputs)
        {
            text.Append(' ').Append(input.Vertex.Key).Append('@').Append(input.Output);
        }

        return Digest.Sha256(Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static EdgeNode EdgeOf(VertexNode vertex, int output)
    {
        EdgeNode? edge = vertex.FindEdge(output);
        if (edge is null)
        {
            edge = new EdgeNode(vertex, output);
            vertex.Edges.Add(edge);
        }

        return edge;
    }

    private void OnWanted(Wanted wanted)
    {
        if (!_jobs.TryGetValue(wanted.Job, out JobNode? job) || !job.Vertices.TryGetValue(wanted.Vertex, out VertexNode? vertex))
        {
            _commands.Add(new Refuse(wanted.Want, new InvalidOperationException($"the build does not have the vertex {wanted.Vertex}")));
            return;
        }

        Readmit(job);
        EdgeNode edge = EdgeOf(vertex, wanted.Output);
        var want = new Want(wanted.Want, job, edge);
        _wants.Add(want.Id, want);
        job.Wants.Add(want);
        edge.Wants.Add(want);
        edge.Count(Level.Result, 1);
        if (edge.Result is not null)
        {
            Answer(edge);
        }
        else
        {
            Enqueue(vertex);
        }
    }

    private void OnDropped(WantDropped dropped)
    {
        if (_wants.TryGetValue(dropped.Want, out Want? want))
        {
            Remove(want);
        }
    }

    // The edge has a result: whoever asked for it gets it.
    private void Answer(EdgeNode edge)
    {
        Debug.Assert(edge.Result is not null, "an answer needs a result");
        foreach (Want want in edge.Wants.ToArray())
        {
            _commands.Add(new Deliver(want.Id, edge.Result.Id));
            Remove(want);
        }
    }

    private void Remove(Want want)
    {
        _wants.Remove(want.Id);
        want.Job.Wants.Remove(want);
        want.Edge.Wants.Remove(want);
        want.Edge.Count(Level.Result, -1);
        Enqueue(want.Edge.Vertex);
    }

    private void OnLeft(JobLeft left)
    {
        if (!_jobs.Remove(left.Job, out JobNode? job))
        {
            return;
        }

        foreach (Want want in job.Wants.ToArray())
        {
            Remove(want);
        }

        // Consumers before their inputs: they came later.
        for (int i = job.Held.Count - 1; i >= 0; i--)
        {
            VertexNode vertex = job.Held[i];
            vertex.Jobs.Remove(job);
            _commands.Add(new Left(vertex.Payload, job.Id));
            if (vertex.Jobs.Count == 0)
            {
                Forget(vertex);
            }
        }

        Rehome(job);
    }

    private void Forget(VertexNode vertex)
    {
        Rest(vertex, isWanted: false);
        vertex.IsForgotten = true;
        _vertices.Remove(vertex.Key);
        foreach (ConsumerArc arc in vertex.Arcs)
        {
            List<ConsumerArc> arcs = vertex.Inputs[arc.Input].Consumers;
            ConsumerArc last = arcs[^1];
            arcs[arc.Position] = last;
            last.Position = arc.Position;
            arcs.RemoveAt(arcs.Count - 1);
        }

        foreach (EdgeNode edge in vertex.Edges)
        {
            Debug.Assert(edge.Consumers.Count == 0 && edge.Wants.Count == 0, "a consumer or a want outlives its vertex");
            TakeResult(edge);
        }

        if (vertex.Execution is { } execution)
        {
            Disown(execution, vertex);
        }

        _commands.Add(new Forgotten(vertex.Payload));
    }
}
