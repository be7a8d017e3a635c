using System.Collections.Concurrent;
using Cairn.Snapshotter.Layers;
using Cairn.Solver.Exporters;

namespace Cairn.Solver.Tests.Jobs;

/// <summary>Exports the names and texts of the files of a result into its response.</summary>
internal sealed class TestExporterKind : IExporterKind
{
    public bool Handles(string type) => type == "test";

    public IExporter Create(ExportSpec spec) => new Exporter();

    private sealed class Exporter : IExporter
    {
        public string Name => "exporting to test";

        public async Task<IReadOnlyDictionary<string, string>> ExportAsync(ExportRequest request, CancellationToken cancellationToken)
        {
            var response = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
            foreach (ExportPlatform platform in request.Platforms)
            {
                if (platform.Ref is not { } reference)
                {
                    continue;
                }

                using SnapshotView view = await reference.ViewAsync(request.Refs, cancellationToken);
                foreach (Snapshotter.Trees.TreeEntry entry in view.Tree.List("/"))
                {
                    using var reader = new StreamReader(view.Tree.OpenRead("/" + entry.Name));
                    response[platform.Id + entry.Name] = await reader.ReadToEndAsync(cancellationToken);
                }
            }

            return response;
        }
    }
}
