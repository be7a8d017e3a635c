namespace Cairn.Cache.Refs;

/// <summary>Where a blob that is not here can be had: text such as <c>docker-image://host/repository</c>, understood by the fetcher.</summary>
/// <param name="Value">The text.</param>
public readonly record struct BlobSource(string Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value;
}
