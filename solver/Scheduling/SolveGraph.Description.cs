using System.Globalization;
using System.Text;

namespace Cairn.Solver.Scheduling;

/// <content>The wait graph, for people.</content>
internal sealed partial class SolveGraph
{
    /// <summary>What a job waits for: payloads of vertices, each with what is under way for it or what it waits for itself.</summary>
    public IReadOnlyList<(object Vertex, IReadOnlyList<string> States)> WaitsOf(JobId job) =>
        _jobs.TryGetValue(job, out JobNode? node) ? [.. Below(node).Select(static vertex => (vertex.Payload, (IReadOnlyList<string>)[.. StatesOf(vertex)]))] : [];

    private static string Describe(JobNode job)
    {
        var text = new StringBuilder();
        foreach (VertexNode vertex in Below(job))
        {
            text.Append(vertex.Payload).Append(": ").AppendJoin("; ", StatesOf(vertex)).Append('\n');
        }

        return text.ToString();
    }

    private static IEnumerable<string> StatesOf(VertexNode vertex)
    {
        bool isIdle = true;
        foreach (string state in WorkOf(vertex))
        {
            isIdle = false;
            yield return state;
        }

        for (int i = 0; i < vertex.Inputs.Length; i++)
        {
            if (vertex.Arcs[i].Demand != Level.None && !vertex.Inputs[i].Has(vertex.Arcs[i].Demand))
            {
                isIdle = false;
                yield return $"waits for {Name(vertex.Arcs[i].Demand)} of {vertex.Inputs[i].Vertex.Payload}";
            }
        }

        if (isIdle)
        {
            yield return $"nothing is under way at stage {vertex.Stage}, and {Name(vertex.Edges.Max(static edge => edge.Desire))} is wanted";
        }
    }

    private static IEnumerable<string> WorkOf(VertexNode vertex)
    {
        if (vertex.MapWork is not null)
        {
            yield return "its key is made";
        }

        foreach (EdgeNode edge in vertex.Edges)
        {
            if (edge.Lookup is not null)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"output {edge.Output} is looked up");
            }

            if (edge.Load is not null)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"output {edge.Output} is loaded");
            }
        }

        for (int i = 0; i < vertex.ContentWork.Length; i++)
        {
            if (vertex.ContentWork[i] is not null)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"input {i} is hashed");
            }
        }

        if (vertex.Execution is { } execution)
        {
            string other = execution.First == vertex ? string.Empty : $" by {execution.First.Payload}";
            switch (execution.State)
            {
                case ExecutionState.Queued:
                    yield return $"waits for its turn to be carried out{other}";
                    break;
                case ExecutionState.Running:
                    yield return $"is carried out{other}";
                    break;
                case ExecutionState.Cancelling:
                    yield return $"waits for the end of cancelled work{other}";
                    break;
                default:
                    break;
            }
        }
    }

    private static string Name(Level level) => level switch
    {
        Level.Result => "the result",
        Level.None => "nothing",
        _ => "the keys",
    };
}
