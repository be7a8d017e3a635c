using Cairn.Llb;
using Cairn.Llb.Dumping;
using Google.Protobuf;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Gateway;

/// <summary>Serialised definitions, for people to read.</summary>
public static class DefinitionText
{
    /// <summary>The ops with digests and metadata, as JSON.</summary>
    /// <param name="bytes">A <c>pb.Definition</c> message.</param>
    /// <param name="name">What it was read from, for the error.</param>
    /// <exception cref="BuildException">Input: the bytes are no definition.</exception>
    public static string Json(byte[] bytes, string name) => LlbDump.ToJson(Parse(bytes, name));

    /// <summary>The graph in the language of Graphviz.</summary>
    /// <param name="bytes">A <c>pb.Definition</c> message.</param>
    /// <param name="name">What it was read from, for the error.</param>
    /// <exception cref="BuildException">Input: the bytes are no definition.</exception>
    public static string Dot(byte[] bytes, string name) => LlbDump.ToDot(Parse(bytes, name));

    internal static Pb.Definition Parse(byte[] bytes, string name)
    {
        try
        {
            return Pb.Definition.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new BuildException(
                ErrorKind.Input, "read definition", name, "it is not a serialised LLB definition",
                remedy: "A definition is the binary message that an LLB client marshals, not JSON or text.", inner: e);
        }
    }
}
