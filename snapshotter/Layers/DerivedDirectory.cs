namespace Cairn.Snapshotter.Layers;

/// <summary>A directory that says what layers say, in another form.</summary>
/// <param name="Layers">The layers, bottom first.</param>
/// <param name="Run">Its number if it is a flattened run of them; null for the twin of the one layer.</param>
/// <param name="IsWhole">It stands for the layers with nothing below them.</param>
public sealed record DerivedDirectory(IReadOnlyList<LayerId> Layers, long? Run, bool IsWhole)
{
    /// <summary>For the layers as a run has them: those that it shows by their twins.</summary>
    internal IReadOnlyList<bool> Twins { get; init; } = [];

    /// <summary>What a person sees of it.</summary>
    public string Subject => Run is { } run ? $"flattened/{run}" : $"layers/{Layers[0]}/twin";
}
