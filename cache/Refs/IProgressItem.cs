namespace Cairn.Cache.Refs;

/// <summary>One transfer under way; disposing it marks it as ended.</summary>
public interface IProgressItem : IDisposable
{
    /// <summary>Tells how far it is.</summary>
    /// <param name="current">Bytes done.</param>
    void Report(long current);
}
