using Cairn.Protos.Pb;
using Google.Protobuf;

namespace Cairn.Llb.Graphs;

/// <summary>Reads one definition. Nothing here recurses: chains of ops are as deep as builds are long.</summary>
internal sealed class GraphLoader(Definition definition, LoadOptions options)
{
    private static readonly OpMetadata NoMetadata = new();

    private readonly Dictionary<string, int> _byDigest = new(definition.Def.Count, StringComparer.Ordinal);
    private readonly List<VertexBytes> _ops = new(definition.Def.Count);
    private readonly int[]?[] _inputs = new int[]?[definition.Def.Count];   // by op: its inputs, once they were looked up
    private readonly SourceLocations _locations = new(definition.Source);
    private readonly Platform _platform = options.DefaultPlatform ?? Platform.Default;

    public static BuildException Invalid(string reason, Exception? inner = null) =>
        new(ErrorKind.Input, "load LLB", "", reason, remedy: null, inner);

    public LlbGraph Load()
    {
        if (definition.Def.Count < 2)
        {
            throw Invalid($"invalid LLB with {definition.Def.Count} vertexes");
        }

        ReadOps();
        Op terminal = _ops[_byDigest[Digest.Sha256(definition.Def[^1].Span).ToString()]].Op;
        if (terminal.OpCase != Op.OpOneofCase.None)
        {
            throw Invalid($"invalid LLB: the last vertex {_ops[^1].Digest} must be the terminal one, with one input and no operation");
        }

        if (terminal.Inputs.Count == 0)
        {
            throw Invalid("invalid LLB with no inputs on last vertex");
        }

        int head = Find(terminal.Inputs[0]);
        IReadOnlyList<int> order = InputOrder.From(head, index => _ops[index].Op.Inputs.Count, InputOf, index =>
            throw Invalid($"invalid LLB: a cycle leads through vertex {_ops[index].Digest}"));
        return Build(order, head, terminal.Inputs[0].Index);
    }

    private void ReadOps()
    {
        long total = 0;
        foreach (ByteString bytes in definition.Def)
        {
            total += bytes.Length;
            Digest digest = Digest.Sha256(bytes.Span);
            if (bytes.Length > LlbLimits.OpBytes)
            {
                throw Invalid($"invalid op {digest}: {bytes.Length} bytes are more than the {LlbLimits.OpBytes} allowed").WithVertex(digest);
            }

            if (total > LlbLimits.DefinitionBytes)
            {
                throw Invalid($"invalid definition: it has more than the {LlbLimits.DefinitionBytes} bytes allowed");
            }

            if (_byDigest.TryAdd(digest.ToString(), _ops.Count))
            {
                _ops.Add(new VertexBytes(Parse(bytes, digest), bytes.Memory, digest, digest, IsProxied: false));
            }
        }
    }

    private static Op Parse(ByteString bytes, Digest digest)
    {
        try
        {
            return Op.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw Invalid($"invalid op {digest}: the bytes are not a serialised pb.Op", e).WithVertex(digest);
        }
    }

    private int InputOf(int op, int input) => (_inputs[op] ??= [.. _ops[op].Op.Inputs.Select(Find)])[input];

    private int Find(Input input) => _byDigest.TryGetValue(input.Digest, out int index)
        ? index
        : throw Invalid($"invalid missing input digest {input.Digest}");

    private LlbGraph Build(IReadOnlyList<int> order, int head, long terminalIndex)
    {
        var rewriter = new SourceRewriter(options);
        var vertices = new Vertex?[_ops.Count];
        var unique = new Dictionary<Digest, Vertex>(order.Count);
        var result = new List<Vertex>(order.Count);
        foreach (int index in order)
        {
            VertexBytes read = _ops[index];
            OpMetadata metadata = definition.Metadata.TryGetValue(read.ClientDigest.ToString(), out OpMetadata? found) ? found : NoMetadata;
            IReadOnlyList<SourceLocation> sources = _locations.Of(read.ClientDigest);
            try
            {
                OpValidation.Check(read.Op, metadata);
                Edge[] inputs = Inputs(index, vertices);
                VertexBytes bytes = rewriter.Rewrite(read, inputs);
                if (!unique.TryGetValue(bytes.Digest, out Vertex? vertex))
                {
                    Platform platform = bytes.Op.Platform is { } own ? Platform.From(own) : _platform;
                    vertex = new Vertex(bytes, metadata, inputs, platform, sources);
                    unique.Add(bytes.Digest, vertex);
                    result.Add(vertex);
                }

                vertices[index] = vertex;
            }
            catch (BuildException e)
            {
                throw sources.Aggregate(e.WithVertex(read.ClientDigest), (error, source) => error.WithSource(source));
            }
        }

        return new LlbGraph(result, EdgeTo(vertices[head]!, terminalIndex, user: null));
    }

    private Edge[] Inputs(int op, Vertex?[] vertices)
    {
        Op message = _ops[op].Op;
        var edges = new Edge[message.Inputs.Count];
        for (int i = 0; i < edges.Length; i++)
        {
            edges[i] = EdgeTo(vertices[InputOf(op, i)]!, message.Inputs[i].Index, _ops[op].Digest);
        }

        return edges;
    }

    /// <param name="vertex">The input.</param>
    /// <param name="index">The output that is wanted.</param>
    /// <param name="user">Who wants it; null for the terminal op.</param>
    private static Edge EdgeTo(Vertex vertex, long index, Digest? user) => index >= 0 && index < vertex.OutputCount
        ? new Edge(vertex, (int)index)
        : throw Invalid(
            $"invalid input index {index} of {(user is { } digest ? $"vertex {digest}" : "the terminal vertex")}: "
            + $"vertex {vertex.ClientDigest} has {vertex.OutputCount} outputs");
}
