using Cairn.Snapshotter.Store;
using Cairn.Solver.Exporters;
using Cairn.Solver.Registry;
using Cairn.Solver.Remote;
using Microsoft.Extensions.DependencyInjection;

namespace Cairn.Solver.Sources;

/// <summary>Puts sources, registry access and exporters into the solver's services.</summary>
internal static class TransferRegistration
{
    /// <summary>Tables of the sources.</summary>
    public static IReadOnlyList<StoreSchema> Schemas { get; } = [LocalSyncTable.Schema, HttpDownloads.Schema];

    /// <summary>Adds every <see cref="ISource"/>, <see cref="IExporterKind"/>, the resolver of images and the fetcher of blobs.</summary>
    public static IServiceCollection AddTransfer(this IServiceCollection services) => services
        .AddSingleton(provider => new RegistryClient(new RegistryOptions { Clock = provider.GetRequiredService<TimeProvider>() }))
        .AddSingleton<ISource, ImageSource>()
        .AddSingleton<ISource, OciLayoutSource>()
        .AddSingleton<ISource, LocalSource>()
        .AddSingleton<HttpDownloads>()
        .AddSingleton<ISource, HttpSource>()
        .AddSingleton<ISource, GitSource>()
        .AddSingleton<ISource, ImageBlobSource>()
        .AddSingleton<IImageResolver, ImageResolver>()
        .AddSingleton<IBlobFetchers, BlobFetchers>()
        .AddSingleton<IExporterKind, ImageExporterKind>()
        .AddSingleton<IExporterKind, OciExporterKind>()
        .AddSingleton<IExporterKind, TreeExporterKind>()
        .AddSingleton<ICacheBackend, RegistryCacheBackend>()
        .AddSingleton<ICacheBackend, LocalCacheBackend>()
        .AddSingleton<RemoteCaches>();
}
