namespace Cairn.Snapshotter.Store;

/// <summary>A directory below the store's root whose entries are named by rows: what has no row is garbage, and what is absent is lost.</summary>
/// <param name="Directory">Path relative to the root, such as <c>blobs/sha256</c>.</param>
/// <param name="Rows">Query of the rows: columns <c>name</c> (text) and <c>sequence</c>, 0 where a row makes no promise on the content.</param>
/// <param name="IsProven">
/// Whether an entry is what its row says, by a proof that stands in the index; reads all of it. False also where nothing proves it.
/// </param>
public sealed record StoreArea(string Directory, string Rows, Func<StoreRoot, string, bool> IsProven);
