using Cairn.Llb;
using Cairn.Solver;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Gateway;

/// <summary>Solves a definition as it is, without a frontend language.</summary>
public sealed class DefinitionFrontend : IFrontend
{
    private DefinitionFrontend(Pb.Definition definition) => Definition = definition;

    /// <summary>What is solved.</summary>
    public Pb.Definition Definition { get; }

    /// <summary>Reads a serialised definition.</summary>
    /// <param name="bytes">A <c>pb.Definition</c> message.</param>
    /// <param name="name">What it was read from, for the error.</param>
    /// <exception cref="BuildException">Input: the bytes are no definition.</exception>
    public static DefinitionFrontend Read(byte[] bytes, string name) => new(DefinitionText.Parse(bytes, name));

    /// <inheritdoc/>
    public async Task<FrontendSolve> SolveAsync(
        IFrontendBridge bridge, IReadOnlyDictionary<string, string> options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(bridge);
        SolvedRef? solved = await bridge.SolveAsync(Definition, SolveOptions.Lazy, cancellationToken);
        return new FrontendSolve([new PlatformRef("", Platform: null, solved)], IsMultiPlatform: false, new Dictionary<string, byte[]>(StringComparer.Ordinal));
    }
}
