using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Remote;

/// <summary>A cache in a directory of the client.</summary>
internal sealed class LocalCacheTarget(string store, CacheDocuments documents) : ICacheTarget
{
    public string Name => "exporting cache to client directory";

    public async Task<IReadOnlyDictionary<string, string>> WriteAsync(RemoteCache cache, CacheTransfer transfer, CancellationToken cancellationToken)
    {
        IContentStore directory = transfer.Session.Content(store) ?? throw new ClientFaultException(
            ErrorKind.Input, "export cache", store, "the client does not offer this directory");
        await transfer.WriteLayersAsync(
            cache, (layer, _, token) => directory.WriteAsync(layer.Descriptor, open => transfer.OpenAsync(layer, 0, open), token), cancellationToken);
        (Descriptor config, byte[] configBytes) = CacheDocuments.Config(cache);
        await WriteAsync(directory, config, configBytes, "writing config ", transfer, cancellationToken);
        (Descriptor manifest, byte[] bytes) = documents.Manifest(cache, config);
        await WriteAsync(directory, manifest, bytes, documents.Title, transfer, cancellationToken);
        return CacheResponse.Of(manifest);
    }

    private static async Task WriteAsync(
        IContentStore directory, Descriptor blob, byte[] bytes, string title, CacheTransfer transfer, CancellationToken cancellationToken)
    {
        using IProgressItem item = transfer.Progress.Step(title + blob.Digest);
        await directory.WriteAsync(blob, _ => Task.FromResult<Stream>(new MemoryStream(bytes)), cancellationToken);
    }
}
