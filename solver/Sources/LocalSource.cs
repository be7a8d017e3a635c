using Cairn.Protos.Pb;
using Cairn.Snapshotter.Locals;

namespace Cairn.Solver.Sources;

/// <summary><c>local://</c>: directories of clients.</summary>
/// <remarks>Source: llb-semantics.md, section 6.4; session.md, section 12.</remarks>
internal sealed class LocalSource : ISource
{
    public bool Handles(string scheme) => scheme == "local";

    public ISourceInstance Open(SourceOp source, Llb.Platform? platform)
    {
        var attributes = new SourceAttributes(source);
        string differ = attributes.Text("local.differ") ?? "metadata";
        if (differ is not ("metadata" or "none"))
        {
            throw attributes.Invalid("local.differ", $"\"{differ}\" is none of metadata, none");
        }

        return new LocalSourceInstance
        {
            Name = attributes.Rest,
            Session = attributes.Text("local.session"),
            SharedKeyHint = attributes.Text("local.sharedkeyhint") ?? "",
            Filter = new LocalFilter(attributes.List("local.includepattern"), attributes.List("local.excludepatterns"), attributes.List("local.followpaths")),
            TrustsNothing = differ == "none",
            MetadataExceptions = attributes.Flag("local.metadatatransfer") ? attributes.List("local.metadatatransferexclude") : null,
        };
    }
}
