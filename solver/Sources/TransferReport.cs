using Cairn.Cache.Refs;

namespace Cairn.Solver.Sources;

/// <summary>Tells how many bytes have come, not too often. Safe for several threads.</summary>
internal sealed class TransferReport(IProgressItem progress)
{
    private const long Step = 1024 * 1024;
    private long _bytes;
    private long _reported;

    public void Add(int bytes)
    {
        long total = Interlocked.Add(ref _bytes, bytes);
        long reported = Interlocked.Read(ref _reported);
        if (total - reported >= Step && Interlocked.CompareExchange(ref _reported, total, reported) == reported)
        {
            progress.Report(total);
        }
    }

    public void Finish() => progress.Report(Interlocked.Read(ref _bytes));
}
