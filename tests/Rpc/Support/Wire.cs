using System.Buffers;
using System.Text;
using Cairn.Rpc.Calls;

namespace Cairn.Rpc.Tests.Support;

/// <summary>Messages of the tests: text, or octets as they are.</summary>
internal static class Wire
{
    public static Marshaller<string> Text { get; } =
        new(static octets => Encoding.UTF8.GetString(octets), static (text, writer) => writer.Write(Encoding.UTF8.GetBytes(text)));

    public static RpcMethod<string, string> Method(string name) => new("/t.T/" + name, Text, Text);

    public static RpcMethod<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> Raw(string name) =>
        new("/t.T/" + name, RawMarshaller.Octets, RawMarshaller.Octets);
}
