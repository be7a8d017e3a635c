namespace Cairn.Frontend.Dockerfile.Parsing;

/// <summary>
/// What is wrong with the text at hand, thrown where neither file nor line is known. It never leaves this room:
/// whoever knows the place turns it into a BuildException (see <see cref="SourceText"/>).
/// </summary>
internal sealed class SyntaxFault(string reason, Exception? inner = null) : Exception(reason, inner)
{
    /// <summary>The lines at fault when they differ from the instruction being read.</summary>
    public LineRange? Lines { get; init; }
}
