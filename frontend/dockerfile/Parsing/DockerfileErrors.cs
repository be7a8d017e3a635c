using Cairn.Llb;

namespace Cairn.Frontend.Dockerfile.Parsing;

/// <summary>The errors that point into a Dockerfile.</summary>
internal static class DockerfileErrors
{
    public const string Language = "Dockerfile";

    /// <summary>"dockerfile parse error on line N: reason", with the place.</summary>
    public static BuildException Parse(SourceText source, LineRange? lines, string reason, Exception? cause) => lines is { } range
        ? At(source, range, $"dockerfile parse error on line {range.Start}: {reason}", cause)
        : new BuildException(ErrorKind.Input, "", "", $"{source.FileName}: {reason}", inner: cause);

    /// <summary>An error of the instruction at these lines.</summary>
    public static BuildException At(SourceText source, LineRange lines, string reason, Exception? cause) =>
        new BuildException(ErrorKind.Input, "", "", reason, inner: cause).WithSource(Location(source, lines));

    /// <summary>The same error with the place, unless it already has one.</summary>
    public static BuildException Locate(BuildException error, SourceText source, LineRange lines) =>
        error.Sources.Count > 0 ? error : error.WithSource(Location(source, lines));

    private static SourceLocation Location(SourceText source, LineRange lines) =>
        new(source.FileName, source.Content, [.. EachLine(lines)], Language);

    /// <summary>One range for every line: clients mark whole lines.</summary>
    public static IEnumerable<SourceRange> EachLine(LineRange lines) =>
        Enumerable.Range(lines.Start, lines.End - lines.Start + 1).Select(line => SourceRange.Lines(line, line));
}
