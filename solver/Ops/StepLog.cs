using Cairn.Solver.Execution;
using Cairn.Solver.Progress;

namespace Cairn.Solver.Ops;

/// <summary>Passes what a process prints on to the log of its vertex, within limits.</summary>
internal sealed class StepLog : IExecOutput
{
    private readonly OutputLimiter[] _streams;

    public StepLog(IVertexProgress progress, LogLimits limits, TimeProvider clock) =>
        _streams = [.. new[] { 1, 2 }.Select(stream => new OutputLimiter(limits, clock, bytes => progress.Log(stream, bytes.Span)))];

    /// <inheritdoc/>
    public void Write(int stream, ReadOnlySpan<byte> bytes) => _streams[stream - 1].Write(bytes);

    /// <summary>Passes on the end of what the limits held back; both streams must have ended.</summary>
    public void FlushKept()
    {
        foreach (OutputLimiter stream in _streams)
        {
            stream.FlushKept();
        }
    }
}
