namespace Cairn.Solver.Exporters;

/// <summary>Exporters <c>oci</c> and <c>docker</c>.</summary>
internal sealed class OciExporterKind : IExporterKind
{
    public bool Handles(string type) => type is "oci" or "docker";

    public IExporter Create(ExportSpec spec) => new OciExporter(spec.Type == "docker", ImageExportOptions.Parse(spec.Attributes));
}
