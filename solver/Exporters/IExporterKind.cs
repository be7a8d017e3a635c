namespace Cairn.Solver.Exporters;

/// <summary>Makes exporters of one or more types; registered with the services of the solver.</summary>
public interface IExporterKind
{
    /// <summary>Whether this makes exporters of that type (<c>oci</c>, <c>image</c>, …).</summary>
    bool Handles(string type);

    /// <summary>An exporter with its attributes read. No I/O: it is called before any work is done.</summary>
    /// <exception cref="Cairn.Llb.BuildException">Input: an attribute makes no sense.</exception>
    IExporter Create(ExportSpec spec);
}
