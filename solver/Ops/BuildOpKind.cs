using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Llb.Graphs;
using Cairn.Protos.Pb;
using Cairn.Snapshotter.Layers;
using Google.Protobuf;

namespace Cairn.Solver.Ops;

/// <summary>Solves a definition that lies as a file in an input.</summary>
/// <remarks>Source: llb-semantics.md, section 11.</remarks>
internal sealed class BuildOpKind : IOpKind, IOp
{
    private const string DefaultName = "buildkit.llb.definition";
    private const string FileNameAttribute = "llbbuild.filename";
    private const int LlbBuilder = -1;

    public Op.OpOneofCase Kind => Op.OpOneofCase.Build;

    public bool IsLimited => false;

    public IOp Create(Vertex vertex) => vertex.Op.Build.Builder == LlbBuilder
        ? this
        : throw new BuildException(ErrorKind.Input, "solve", vertex.Name, "only definitions can be built, builder must be -1");

    public Task<CacheMap> CacheMapAsync(OpContext context, int index, CancellationToken cancellationToken) =>
        Task.FromResult(DefinitionKey.Of(context.Vertex));

    public async Task<IReadOnlyList<ImmutableRef?>> ExecuteAsync(
        OpContext context, IReadOnlyList<ImmutableRef?> inputs, CancellationToken cancellationToken)
    {
        BuildOp op = context.Vertex.Op.Build;
        if (!op.Inputs.TryGetValue(DefaultName, out BuildInput? input) || input.Input < 0 || input.Input >= inputs.Count)
        {
            throw new BuildException(ErrorKind.Input, "solve", context.Vertex.Name, $"it has no input {DefaultName}");
        }

        string name = op.Attrs.GetValueOrDefault(FileNameAttribute, DefaultName);
        Definition definition = await ReadAsync(context, inputs[(int)input.Input], "/" + name, cancellationToken);
        return [await context.Nested.SolveAsync(context, definition, cancellationToken)];
    }

    private static async Task<Definition> ReadAsync(
        OpContext context, ImmutableRef? input, string path, CancellationToken cancellationToken)
    {
        byte[]? bytes = null;
        if (input is not null)
        {
            using SnapshotView view = await input.ViewAsync(context.Refs, cancellationToken);
            bytes = view.Tree.TryReadFile(path, LlbLimits.DefinitionBytes);
        }

        if (bytes is null)
        {
            throw new BuildException(ErrorKind.Input, "read definition", path, "no such file in the input");
        }

        try
        {
            return Definition.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new BuildException(ErrorKind.Input, "read definition", path, "the file is not a serialised definition", inner: e);
        }
    }
}
