namespace Cairn.Cache.Verification;

/// <summary>One thing that is wrong in a store.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Subject">With what: <c>layer 12 (RUN make)</c>, <c>blob sha256:…</c>, <c>layers/99</c>, <c>refs</c>.</param>
/// <param name="Reason">How that shows.</param>
/// <param name="Details">One line for each difference, the first of them if there are many.</param>
public sealed record Finding(FindingKind Kind, string Subject, string Reason, IReadOnlyList<string> Details)
{
    /// <summary>Something is lost or wrong; otherwise it only takes space.</summary>
    public bool IsDamage => Kind != FindingKind.StaleClaim;
}
