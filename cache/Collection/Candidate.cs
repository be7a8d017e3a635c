namespace Cairn.Cache.Collection;

/// <summary>A record that may go; <paramref name="Row"/> is null for a cache mount.</summary>
internal sealed record Candidate(UsageRecord Record, Ledger.Row? Row);
