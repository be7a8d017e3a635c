namespace Cairn.Solver.Execution;

/// <summary>Takes what a process writes.</summary>
public interface IExecOutput
{
    /// <summary>Some bytes, cut anywhere. Called by one thread at a time for each stream.</summary>
    /// <param name="stream">1 standard output, 2 standard error.</param>
    /// <param name="bytes">Valid during the call.</param>
    void Write(int stream, ReadOnlySpan<byte> bytes);
}
