using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Dockerfile.Lowering;

/// <summary>What the copies of one COPY or ADD have in common, expanded.</summary>
internal sealed record CopyPlan
{
    /// <summary>Absolute; ends with a slash when it must be a directory.</summary>
    public required string Destination { get; init; }

    public required Pb.ChownOpt? Owner { get; init; }

    /// <summary>Permission bits, or -1 to keep them.</summary>
    public required int Mode { get; init; }

    /// <summary>A symbolic change of the permissions, or the empty text.</summary>
    public required string SymbolicMode { get; init; }

    public required IReadOnlyList<string> Exclude { get; init; }

    /// <summary>Copy into a tree of its own and link that.</summary>
    public required bool IsLink { get; init; }

    /// <summary>The line of the history.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>The instruction as it is shown.</summary>
    public required string Shown { get; init; }

    public required string StepName { get; init; }

    /// <summary>A copy without a source.</summary>
    public Pb.FileActionCopy NewCopy() => new()
    {
        Dest = Destination,
        Owner = Owner?.Clone(),
        Mode = Mode,
        ModeStr = SymbolicMode,
        CreateDestPath = true,
        Timestamp = -1,
    };
}
