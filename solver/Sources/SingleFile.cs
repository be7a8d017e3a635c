using Cairn.Cache.Refs;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Trees;
using Cairn.Solver.Ops;

namespace Cairn.Solver.Sources;

/// <summary>How the one file of a source is named and owned.</summary>
/// <param name="Name">Without directory; null is for the source to say.</param>
/// <param name="Mode">Permission bits; null is 0600.</param>
/// <param name="Uid">Owner; null is 0.</param>
/// <param name="Gid">Group; null is 0.</param>
internal sealed record SingleFile(string? Name, uint? Mode, uint? Uid, uint? Gid)
{
    private const uint DefaultMode = 0x180;   // 0600

    public static SingleFile Read(SourceAttributes attributes) => new(
        attributes.Text("http.filename") is { } name ? SafeName(name) : null,
        attributes.Mode("http.perm"), attributes.Id("http.uid"), attributes.Id("http.gid"));

    /// <summary>The last part of a path, or <c>download</c> if that names nothing.</summary>
    public static string SafeName(string path)
    {
        string name = path[(path.LastIndexOf('/') + 1)..].Replace("\0", "", StringComparison.Ordinal);
        return name is "" or "." or ".." ? "download" : name;
    }

    /// <summary>A layer with this file alone.</summary>
    /// <param name="context">Whose store.</param>
    /// <param name="name">Name of the file.</param>
    /// <param name="content">Read to its end.</param>
    /// <param name="modified">Its time.</param>
    /// <param name="description">What a person sees of it.</param>
    /// <param name="cancellationToken">Stops the copy.</param>
    public async Task<ImmutableRef> MakeAsync(
        OpContext context, string name, Stream content, DateTimeOffset modified, string description, CancellationToken cancellationToken)
    {
        StagedLayer layer = context.Services.Snapshotter.Stage();
        try
        {
            var times = new FileTimes((modified - DateTimeOffset.UnixEpoch).Ticks * 100);
            await using (Stream file = layer.Tree.OpenWrite("/" + name, Mode ?? DefaultMode, new FileOwner(Uid ?? 0, Gid ?? 0)))
            {
                await content.CopyToAsync(file, cancellationToken);
            }

            layer.Tree.SetMetadata("/" + name, new FileChange { Times = times }, followLinks: false);
            layer.Tree.SetMetadata(TreePath.Root, new FileChange { Times = times }, followLinks: false);
            return context.Cache.Refs.Adopt(layer, null, new RefDescription(description));
        }
        catch
        {
            layer.Dispose();
            throw;
        }
    }
}
