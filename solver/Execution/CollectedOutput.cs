using System.Buffers;
using System.Text;

namespace Cairn.Solver.Execution;

/// <summary>Keeps what a short program prints, both streams in one text.</summary>
internal sealed class CollectedOutput : IExecOutput
{
    private const int MaxBytes = 64 << 10;

    private readonly Lock _lock = new();
    private readonly ArrayBufferWriter<byte> _bytes = new();   // guarded by _lock

    /// <inheritdoc/>
    public void Write(int stream, ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            _bytes.Write(bytes[..Math.Min(bytes.Length, MaxBytes - _bytes.WrittenCount)]);
        }
    }

    /// <summary>What was printed so far, without white space at its ends.</summary>
    public override string ToString()
    {
        lock (_lock)
        {
            return Encoding.UTF8.GetString(_bytes.WrittenSpan).Trim();
        }
    }
}
