namespace Cairn.Cache.Refs;

/// <summary>On whose behalf missing bytes are fetched.</summary>
/// <param name="Fetcher">Opens blobs at their source.</param>
/// <param name="Progress">Where progress goes.</param>
public sealed record RefContext(IBlobFetcher Fetcher, ITransferProgress Progress);
