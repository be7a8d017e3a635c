using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cairn.Solver.Explain;

/// <summary>Kinds as kebab case.</summary>
internal sealed class CauseKindConverter() : JsonStringEnumConverter<CauseKind>(JsonNamingPolicy.KebabCaseLower);
