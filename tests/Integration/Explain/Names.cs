namespace Cairn.Integration.Tests.Explain;

/// <summary>Random names that nothing else has, so that an explanation can only have them from the build.</summary>
internal sealed class Names(int seed)
{
    private readonly Random _random = new(seed);
    private readonly HashSet<string> _given = new(StringComparer.Ordinal);

    /// <summary>A word of eight letters.</summary>
    public string Word()
    {
        string word;
        do
        {
            word = new string([.. Enumerable.Range(0, 8).Select(_ => (char)('a' + _random.Next(26)))]);
        }
        while (!_given.Add(word));
        return word;
    }

    public string Upper() => Word().ToUpperInvariant();

    /// <summary>Text of a length that no other text had.</summary>
    public string Text() => string.Join(' ', Enumerable.Range(0, 1 + _given.Count).Select(_ => "x")) + Word();
}
