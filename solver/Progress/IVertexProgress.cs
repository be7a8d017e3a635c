using Cairn.Cache.Refs;

namespace Cairn.Solver.Progress;

/// <summary>What work on a vertex tells about itself. Reaches every build that the vertex belongs to; safe to call from any thread.</summary>
public interface IVertexProgress : ITransferProgress
{
    /// <summary>Output of a process.</summary>
    /// <param name="stream">1 standard output, 2 standard error.</param>
    /// <param name="bytes">Copied before the call returns.</param>
    void Log(int stream, ReadOnlySpan<byte> bytes);

    /// <summary>A warning under this vertex.</summary>
    void Warn(BuildWarning warning);

    /// <summary>An item without bytes to count, such as <c>exporting layers</c>: starts now, ends when it is disposed.</summary>
    IProgressItem Step(string id);
}
