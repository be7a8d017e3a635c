using System.Text;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Solver.Exporters;
using Cairn.Solver.Registry;

namespace Cairn.Solver.Remote;

/// <summary>A cache under a name in a registry.</summary>
internal sealed class RegistryCacheTarget(RegistryClient registry, ImageReference reference, bool isInsecure, CacheDocuments documents) : ICacheTarget
{
    public string Name => "exporting cache to registry";

    public async Task<IReadOnlyDictionary<string, string>> WriteAsync(RemoteCache cache, CacheTransfer transfer, CancellationToken cancellationToken)
    {
        var access = new RegistryAccess(transfer.Session.Credentials)
        {
            Insecure = isInsecure,
            Notice = line => transfer.Progress.Log(2, Encoding.UTF8.GetBytes(line + "\n")),
        };
        RegistryRepository repository = registry.Repository(reference.Registry, reference.Repository, access);
        await transfer.WriteLayersAsync(
            cache,
            (layer, item, token) => repository.PushBlobAsync(
                layer.Descriptor, [.. ImagePush.Origins(repository, layer)], (offset, open) => transfer.OpenAsync(layer, offset, open), item.Report, token),
            cancellationToken);

        (Descriptor config, byte[] configBytes) = CacheDocuments.Config(cache);
        using (IProgressItem item = transfer.Progress.Begin("writing config " + config.Digest, string.Empty, config.Size))
        {
            await repository.PushBlobAsync(
                config, [], (offset, _) => Task.FromResult<Stream>(new MemoryStream(configBytes[(int)offset..])), item.Report, cancellationToken);
        }

        (Descriptor manifest, byte[] bytes) = documents.Manifest(cache, config);
        using (transfer.Progress.Step(documents.Title + manifest.Digest))
        {
            await repository.PushManifestAsync(reference.Tag ?? manifest.Digest.ToString(), manifest, bytes, cancellationToken);
        }

        return CacheResponse.Of(manifest);
    }
}
