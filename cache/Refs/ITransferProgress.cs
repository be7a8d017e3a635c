namespace Cairn.Cache.Refs;

/// <summary>Where the progress of transfers goes; never blocks.</summary>
public interface ITransferProgress
{
    /// <summary>Begins an item; disposing it ends it.</summary>
    /// <param name="id">What is transferred, mostly a digest.</param>
    /// <param name="action">What is done: <c>downloading</c>, <c>extracting</c>, <c>exporting layer</c>.</param>
    /// <param name="total">Bytes in all, 0 if unknown.</param>
    IProgressItem Begin(string id, string action, long total);
}
