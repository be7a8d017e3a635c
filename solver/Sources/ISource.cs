using Cairn.Llb;
using SourceOp = Cairn.Protos.Pb.SourceOp;

namespace Cairn.Solver.Sources;

/// <summary>One kind of source, told by the scheme of its identifier; registered with the services of the solver.</summary>
public interface ISource
{
    /// <summary>Whether identifiers <c>scheme://…</c> are this source's.</summary>
    bool Handles(string scheme);

    /// <summary>Reads the identifier and the attributes. No I/O.</summary>
    /// <param name="source">The op.</param>
    /// <param name="platform">Of the vertex; null where the op has none.</param>
    /// <exception cref="BuildException">Input: the identifier or an attribute makes no sense.</exception>
    ISourceInstance Open(SourceOp source, Platform? platform);
}
