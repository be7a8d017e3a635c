using System.Text.Encodings.Web;
using System.Text.Json;

namespace Cairn.Solver.History;

/// <summary>Records as documents that people read: only what must be escaped is.</summary>
internal static class ReadableJson
{
    public static HistoryJson Context { get; } =
        new(new JsonSerializerOptions(HistoryJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
