using System.Text.Json.Serialization;
using Cairn.Solver.Explain;

namespace Cairn.Solver.History;

/// <summary>Records as JSON: names in camel case, nothing written that is null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(DigestConverter)])]
[JsonSerializable(typeof(BuildRecord))]
[JsonSerializable(typeof(BuildSummary))]
[JsonSerializable(typeof(Explanation))]
internal sealed partial class HistoryJson : JsonSerializerContext;
