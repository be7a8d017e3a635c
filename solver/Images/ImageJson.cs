using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cairn.Llb;

namespace Cairn.Solver.Images;

/// <summary>JSON in the bytes that image tools agree on: the order is the tree's, only what must be escaped is, <c>&lt;</c>, <c>&gt;</c> and <c>&amp;</c> are.</summary>
/// <remarks>The form is that of Go's encoding/json, so that equal images have equal digests whoever built them.</remarks>
internal static class ImageJson
{
    /// <summary>Without any white space.</summary>
    public static byte[] Compact(JsonNode? node) => Write(node, indented: false);

    /// <summary>Indented by two spaces, without a final newline.</summary>
    public static byte[] Indented(JsonNode? node) => Write(node, indented: true);

    private static byte[] Write(JsonNode? node, bool indented)
    {
        var text = new StringBuilder();
        WriteNode(text, node, indented ? 0 : -1);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void WriteNode(StringBuilder text, JsonNode? node, int depth)
    {
        switch (node)
        {
            case null:
                text.Append("null");
                break;
            case JsonObject members:
                WriteItems(text, members.Count, '{', '}', depth, members, static (text, member, depth) =>
                {
                    GoJson.AppendString(text, member.Key);
                    text.Append(depth < 0 ? ":" : ": ");
                    WriteNode(text, member.Value, depth);
                });
                break;
            case JsonArray items:
                WriteItems(text, items.Count, '[', ']', depth, items, static (text, item, depth) => WriteNode(text, item, depth));
                break;
            default:
                if (node.GetValueKind() == JsonValueKind.String)
                {
                    GoJson.AppendString(text, node.GetValue<string>());
                }
                else
                {
                    text.Append(node.ToJsonString());
                }

                break;
        }
    }

    private static void WriteItems<T>(StringBuilder text, int count, char open, char close, int depth, IEnumerable<T> items, Action<StringBuilder, T, int> write)
    {
        text.Append(open);
        int inner = depth < 0 ? -1 : depth + 1;
        bool first = true;
        foreach (T item in items)
        {
            text.Append(first ? "" : ",");
            NewLine(text, inner);
            write(text, item, inner);
            first = false;
        }

        if (count > 0)
        {
            NewLine(text, depth);
        }

        text.Append(close);
    }

    private static void NewLine(StringBuilder text, int depth)
    {
        if (depth >= 0)
        {
            text.Append('\n').Append(' ', depth * 2);
        }
    }
}
