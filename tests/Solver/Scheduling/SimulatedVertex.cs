using Cairn.Llb;
using Cairn.Solver.Ops;

namespace Cairn.Solver.Tests.Scheduling;

/// <summary>A vertex of a random graph; what it makes is a number that follows from its op and its inputs.</summary>
internal sealed record SimulatedVertex
{
    public required Digest Digest { get; init; }

    public required string Op { get; init; }

    public required IReadOnlyList<(SimulatedVertex Vertex, int Output)> Inputs { get; init; }

    public required int Outputs { get; init; }

    /// <summary>For each input whether a key by content may be made.</summary>
    public required IReadOnlyList<bool> AllowsContent { get; init; }

    public required IReadOnlyList<bool> HasSelector { get; init; }

    /// <summary>Its definition counts for one session only.</summary>
    public bool IsRandom { get; init; }

    public int MapCount { get; init; } = 1;

    public bool IgnoresCache { get; init; }

    public bool IsLimited { get; init; }

    public bool FailsToRun { get; init; }

    public bool FailsToKey { get; init; }

    /// <summary>Its work asks a client for something.</summary>
    public bool NeedsClient { get; init; }

    /// <summary>Digests of the vertex and of all below it.</summary>
    public HashSet<Digest> Closure => field ??= [Digest, .. Inputs.SelectMany(static input => input.Vertex.Closure)];

    /// <summary>Vertices of one class do the same work: the naive model of keys, by content where that counts.</summary>
    public string Class => field ??= string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"{Op}({string.Join(',', Inputs.Select((input, i) => AllowsContent[i] ? $"content {input.Vertex.ContentOf(input.Output)}" : $"{input.Vertex.Class}@{input.Output}"))})");

    /// <summary>It or something below it ignores the cache.</summary>
    public bool HasIgnoring => IgnoresCache || Inputs.Any(static input => input.Vertex.HasIgnoring);

    /// <summary>What the naive model says of an output.</summary>
    public int ContentOf(int output)
    {
        var hash = new HashCode();
        hash.Add(Stable(Op));
        hash.Add(output);
        foreach ((SimulatedVertex vertex, int index) in Inputs)
        {
            hash.Add(vertex.ContentOf(index));
        }

        int value = Inputs.Aggregate(
            Stable($"{Op}/{output}"), static (sum, input) => unchecked((sum * 31) + input.Vertex.ContentOf(input.Output)));

        // Some ops make the same of many things.
        return Op.EndsWith('c') ? Math.Abs(value % 2) : value;
    }

    /// <summary>Whether the vertex, or one that it needs, can fail by itself.</summary>
    public bool CanFail => FailsToRun || FailsToKey || Inputs.Any(static input => input.Vertex.CanFail || input.Output >= input.Vertex.Outputs);

    public CacheMap Map(int index) => new(
        IsRandom
            ? CacheDigest.Random(DigestOf($"{Op} map {index}"))
            : CacheDigest.Stable(DigestOf($"{Op} map {index}")),
        [.. Inputs.Select((_, i) => new CacheMapInput(
            HasSelector[i] ? DigestOf($"selector {i}") : null, AllowsContent[i] ? [] : null))],
        HasMore: index + 1 < MapCount);

    public override string ToString() => $"{Op}/{Digest.Hex[..6]}";

    public static Digest DigestOf(string text) => Digest.Sha256(System.Text.Encoding.UTF8.GetBytes(text));

    private static int Stable(string text)
    {
        int value = 17;
        foreach (char c in text)
        {
            value = unchecked((value * 31) + c);
        }

        return value;
    }
}
