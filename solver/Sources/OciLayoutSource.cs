using Cairn.Llb;
using Cairn.Protos.Pb;
using Cairn.Solver.Images;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Sources;

/// <summary><c>oci-layout://</c>: images in layouts that clients offer.</summary>
/// <remarks>Source: llb-semantics.md, section 6.2.</remarks>
internal sealed class OciLayoutSource : ISource
{
    private const string StorePrefix = "oci:";

    public bool Handles(string scheme) => scheme == "oci-layout";

    public ISourceInstance Open(SourceOp source, Llb.Platform? platform)
    {
        var attributes = new SourceAttributes(source);
        string store = StoreName(attributes.Text("oci.store") ?? throw attributes.Invalid("oci.store", "it is missing"));
        string? session = attributes.Text("oci.session");
        ImageReference reference = ParseReference(attributes.Rest);
        return new ImageSourceInstance(
            context => new LayoutImage(Find(context.Sessions, session, store), store, reference),
            platform ?? Llb.Platform.Default,
            new ImageSourceOptions { LayerLimit = attributes.Positive("oci.layerlimit"), RecordType = Cache.Refs.RefDescription.Regular });
    }

    /// <summary>Reads a reference that must have a digest.</summary>
    public static ImageReference ParseReference(string text)
    {
        ImageReference reference = ImageReference.ParseComplete(text);
        return reference.Digest is null
            ? throw new BuildException(ErrorKind.Input, "", "", $"reference {text} must have digest")
            : reference;
    }

    public static string StoreName(string store) => store.StartsWith(StorePrefix, StringComparison.Ordinal) ? store[StorePrefix.Length..] : store;

    public static IOciLayout Find(ISessionGroup sessions, string? session, string store) =>
        SessionAccess.Layout(sessions, session, store)
        ?? throw new ClientFaultException(ErrorKind.Input, "find image layout", store, "no client offers a layout of this name", "Give it as a build context: NAME=oci-layout://DIRECTORY.");
}
