namespace Cairn.Cache.Verification;

/// <summary>What a check of a whole store found.</summary>
/// <param name="Findings">Damage, and claims of processes that have ended; none for a store in order.</param>
/// <param name="Layers">Layers whose files were read.</param>
/// <param name="Blobs">Blobs that were read.</param>
/// <param name="Rows">Rows that were compared with each other.</param>
/// <param name="Recorded">Layers whose files nothing vouched for until now; they were recorded as they are.</param>
/// <param name="Proven">Of those, the ones whose files give the digest that their blob had.</param>
public sealed record StoreReport(IReadOnlyList<Finding> Findings, int Layers, int Blobs, long Rows, int Recorded, int Proven)
{
    /// <summary>Nothing is lost or wrong.</summary>
    public bool IsSound => !Findings.Any(static finding => finding.IsDamage);
}
