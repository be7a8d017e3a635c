namespace Cairn.Benchmarks.Figures;

/// <summary>One measured thing.</summary>
/// <param name="Name">What was done.</param>
/// <param name="Reference">Seconds BuildKit v0.32.2 needs through its own client on a machine like CI's (2 cores); null if unknown.</param>
/// <param name="Samples">Seconds of each run.</param>
internal sealed record Figure(string Name, double? Reference, IReadOnlyList<double> Samples)
{
    /// <summary>Seconds: the middle one of the runs.</summary>
    public double Median
    {
        get
        {
            double[] sorted = [.. Samples.Order()];
            return sorted[sorted.Length / 2];
        }
    }
}
