namespace Cairn.Integration.Tests;

/// <summary>A command line with its surroundings.</summary>
internal sealed record Invocation(string Program, IReadOnlyList<string> Arguments)
{
    public string? Directory { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public byte[] Input { get; init; } = [];

    public override string ToString() => $"{Path.GetFileName(Program)} {string.Join(' ', Arguments)}";
}
