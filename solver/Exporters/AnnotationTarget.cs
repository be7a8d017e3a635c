namespace Cairn.Solver.Exporters;

/// <summary>Which document an annotation is written to.</summary>
internal enum AnnotationTarget
{
    Manifest,
    ManifestDescriptor,
    Index,
    IndexDescriptor,
}
