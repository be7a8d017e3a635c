namespace Cairn.Benchmarks.Figures;

/// <summary>One measured thing of the store, beside what a tool of the machine takes for the same in the same run.</summary>
/// <param name="Name">What was done.</param>
/// <param name="Samples">Seconds of each run.</param>
/// <param name="Tool">Command that did the same; null if none does.</param>
/// <param name="ToolSamples">Seconds of the tool's runs.</param>
/// <param name="Target">What it should be.</param>
internal sealed record StorageFigure(
    string Name, IReadOnlyList<double> Samples, string? Tool, IReadOnlyList<double> ToolSamples, string Target);
