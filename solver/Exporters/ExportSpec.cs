namespace Cairn.Solver.Exporters;

/// <summary>One export as the client asked for it.</summary>
/// <param name="Type">Of the exporter: <c>image</c>, <c>oci</c>, <c>docker</c>, <c>tar</c>, <c>local</c>.</param>
/// <param name="Attributes">As in the request.</param>
public sealed record ExportSpec(string Type, IReadOnlyDictionary<string, string> Attributes);
