using System.Globalization;
using Cairn.Solver.Scheduling;

namespace Cairn.Solver.Tests.Scheduling;

/// <summary>Makes random graphs: few ops, so that many vertices do the same; twins; several keys; ops that make the same of many things.</summary>
internal static class SimulatedGraph
{
    /// <summary>Equal shapes give equal graphs, except for what belongs to the job.</summary>
    /// <param name="shape">Decides everything about the graph.</param>
    /// <param name="variant">Graphs of different variants do the same under different digests.</param>
    /// <param name="job">Stands in what counts for one session only.</param>
    /// <param name="hasFaults">Some work may fail.</param>
    /// <param name="ignoresCache">Asked for each vertex.</param>
    public static List<SimulatedVertex> Make(Random shape, int variant, JobId job, bool hasFaults, Func<bool> ignoresCache)
    {
        int pool = 3 + shape.Next(4);
        int count = 2 + shape.Next(12);
        var vertices = new List<SimulatedVertex>();
        for (int i = 0; i < count; i++)
        {
            SimulatedVertex vertex = shape.Next(6) == 0 && vertices.Find(static below => below.Inputs.Count == 1) is { } ancestor
                ? Echo(ancestor, vertices[^1], shape)
                : MakeVertex(shape, vertices, pool, job, hasFaults);
            vertex = vertex with { Digest = SimulatedVertex.DigestOf(string.Create(CultureInfo.InvariantCulture, $"{vertex.Digest} {variant}")) };
            if (!vertices.Exists(other => other.Digest == vertex.Digest))
            {
                vertices.Add(vertex with { IgnoresCache = ignoresCache() });
            }
        }

        // Inputs are the vertices of this list, whatever is said of them beside the op.
        for (int i = 0; i < vertices.Count; i++)
        {
            vertices[i] = vertices[i] with
            {
                Inputs = [.. vertices[i].Inputs.Select(input => (vertices.Find(other => other.Digest == input.Vertex.Digest)!, input.Output))],
            };
        }

        return vertices;
    }

    // The same op again further up: where it makes the same of what it made, its key is that of its own ancestor.
    private static SimulatedVertex Echo(SimulatedVertex ancestor, SimulatedVertex below, Random shape)
    {
        (SimulatedVertex Vertex, int Output) input = shape.Next(2) == 0 ? (ancestor, 0) : (below, 0);
        return ancestor with
        {
            Digest = SimulatedVertex.DigestOf($"{ancestor.Op} echo {input.Vertex.Digest}"),
            Inputs = [input],
        };
    }

    private static SimulatedVertex MakeVertex(Random shape, List<SimulatedVertex> below, int pool, JobId job, bool hasFaults)
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
        bool failsToRun = shape.Next(25) == 0 && hasFaults;
        bool failsToKey = shape.Next(60) == 0 && hasFaults;
        bool needsClient = shape.Next(4) == 0;
        int maps = inputCount == 0 && shape.Next(3) == 0 ? 2 : 1;
        bool[] content = [.. inputs.Select(_ => shape.Next(2) == 0)];
        bool[] selector = [.. inputs.Select(_ => shape.Next(4) == 0)];
        bool isLimited = shape.Next(2) == 0;

        // Everything that the definition says is in the op's name, so that equal names do equal work.
        op = string.Create(CultureInfo.InvariantCulture, $"{(isRandom ? $"session {job.Value} " : string.Empty)}o{outputs}m{maps}"
            + $"{(failsToRun ? "x" : string.Empty)}{(needsClient ? "n" : string.Empty)}{(isLimited ? "l" : string.Empty)}"
            + $"{string.Concat(content.Select(static c => c ? "C" : "-"))}{string.Concat(selector.Select(static c => c ? "S" : "-"))}{op}");
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
            IsLimited = isLimited,
            FailsToRun = failsToRun,
            FailsToKey = failsToKey,
            NeedsClient = needsClient,
        };
    }
}
