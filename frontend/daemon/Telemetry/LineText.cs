using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cairn.Daemon.Telemetry;

/// <summary>Text in quotes, in which only what must be escaped is.</summary>
[JsonSerializable(typeof(string))]
internal sealed partial class LineText : JsonSerializerContext
{
    public static LineText Readable { get; } = new(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
