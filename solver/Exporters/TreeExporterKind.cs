namespace Cairn.Solver.Exporters;

/// <summary>Exporters <c>tar</c> and <c>local</c>.</summary>
internal sealed class TreeExporterKind : IExporterKind
{
    public bool Handles(string type) => type is "tar" or "local";

    public IExporter Create(ExportSpec spec)
    {
        TreeExportOptions options = TreeExportOptions.Parse(spec.Attributes);
        return spec.Type == "tar" ? new TarExporter(options) : new LocalExporter(options);
    }
}
