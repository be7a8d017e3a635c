namespace Cairn.Frontend.Dockerfile.Parsing;

/// <summary>The lines an instruction covers in its file: 1-based, both ends included.</summary>
internal readonly record struct LineRange(int Start, int End)
{
    public static LineRange At(int line) => new(line, line);
}
