namespace Cairn.Snapshotter.Store;

/// <summary>An instance whose process ended without closing the store.</summary>
/// <param name="Id">Its id.</param>
/// <param name="RunDirectory">Its run directory; may be absent.</param>
public sealed record DeadInstance(string Id, string RunDirectory);
