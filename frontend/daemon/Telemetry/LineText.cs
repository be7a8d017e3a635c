using System.Text.Json.Serialization;

namespace Cairn.Daemon.Telemetry;

/// <summary>Text in quotes.</summary>
[JsonSerializable(typeof(string))]
internal sealed partial class LineText : JsonSerializerContext;
