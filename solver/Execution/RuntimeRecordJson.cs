using System.Text.Json.Serialization;

namespace Cairn.Solver.Execution;

/// <summary>How the answer of a probe is kept in a file.</summary>
[JsonSerializable(typeof(ContainerRuntime))]
[JsonSerializable(typeof(string))]
internal sealed partial class RuntimeRecordJson : JsonSerializerContext;
