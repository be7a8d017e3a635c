using Cairn.Llb.Graphs;
using Cairn.Protos.Pb;
using Google.Protobuf;
using Xunit;

namespace Cairn.Llb.Tests;

public class WireTests
{
    public static TheoryData<string> Definitions => [.. Golden.AllDefinitionFiles()];

    [Theory]
    [MemberData(nameof(Definitions))]
    public void A_definition_of_the_reference_client_survives_decoding_and_encoding(string name)
    {
        byte[] bytes = Golden.Bytes(name);

        Definition definition = Definition.Parser.ParseFrom(bytes);

        Assert.Equal(bytes, WireEncoding.Encode(definition));
        foreach (ByteString op in definition.Def)
        {
            Assert.Equal(op.ToByteArray(), WireEncoding.Encode(Op.Parser.ParseFrom(op)));
        }
    }
}
