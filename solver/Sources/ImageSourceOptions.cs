using Cairn.Llb;

namespace Cairn.Solver.Sources;

/// <summary>What an image source was asked for beside the reference.</summary>
internal sealed record ImageSourceOptions
{
    /// <summary>Only so many layers, from the bottom; null is all.</summary>
    public int? LayerLimit { get; init; }

    /// <summary>What the reference must stand for; null is anything.</summary>
    public Digest? Checksum { get; init; }

    public required string RecordType { get; init; }

    public static Digest? ReadChecksum(SourceAttributes attributes, string key) => attributes.Text(key) is not { } text ? null
        : Digest.TryParse(text, out Digest digest) ? digest
        : throw attributes.Invalid(key, $"\"{text}\" is no digest");
}
