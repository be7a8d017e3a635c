namespace Cairn.Solver.Execution;

/// <summary>Takes what a process prints.</summary>
public interface IExecOutput
{
    /// <summary>Takes the next bytes of one stream, in order.</summary>
    /// <param name="stream">1 for standard output, 2 for standard error.</param>
    /// <param name="bytes">Valid during the call only.</param>
    void Write(int stream, ReadOnlySpan<byte> bytes);
}
