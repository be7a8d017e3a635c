using System.Text;
namespace Cairn.Frontend.Dockerfile.Parsing;

/// <summary>A Dockerfile as it was read: its name and bytes, and the errors that point into it.</summary>
internal sealed record SourceText(string FileName, byte[] Content)
{
    /// <summary>Longest line in bytes.</summary>
    private const int MaximumLine = 65535;

    /// <summary>The lines, each with its line end; the byte order mark is dropped.</summary>
    /// <exception cref="SyntaxFault">A line is longer than the limit.</exception>
    public IReadOnlyList<string> ReadLines()
    {
        ReadOnlySpan<byte> rest = Content;
        if (rest.StartsWith("\uFEFF"u8))
        {
            rest = rest[3..];
        }
        var lines = new List<string>();
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)'\n');
            int length = end < 0 ? rest.Length : end + 1;
            if (length - (end < 0 ? 0 : 1) > MaximumLine)
            {
                throw new SyntaxFault($"dockerfile line greater than max allowed size of {MaximumLine}")
                {
                    Lines = LineRange.At(lines.Count + 1),
                };
            }
            lines.Add(Encoding.UTF8.GetString(rest[..length]));
            rest = rest[length..];
        }
        return lines;
    }
}
