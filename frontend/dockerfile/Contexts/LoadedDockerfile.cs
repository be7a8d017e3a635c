using Cairn.Frontend.Dockerfile.Parsing;
using Cairn.Llb;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Dockerfile.Contexts;

/// <summary>The Dockerfile and where it came from.</summary>
/// <param name="Text">Name and bytes.</param>
/// <param name="Definition">The graph that loads it.</param>
/// <param name="IgnoreFile">The ignore file that stands beside it, or null.</param>
internal sealed record LoadedDockerfile(SourceText Text, Pb.Definition Definition, byte[]? IgnoreFile)
{
    /// <summary>The vertex that loads it.</summary>
    public Digest Vertex =>
        Digest.Parse(Pb.Op.Parser.ParseFrom(Definition.Def[^1]).Inputs[0].Digest);

    /// <summary>What goes into the source map of the build.</summary>
    public Pb.SourceInfo ToSourceInfo() => new()
    {
        Filename = Text.FileName,
        Data = Google.Protobuf.ByteString.CopyFrom(Text.Content),
        Definition = Definition,
        Language = DockerfileErrors.Language,
    };
}
