using Cairn.Frontend.Dockerfile.Images;
using Cairn.Llb;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Dockerfile.Graphs;

/// <summary>A directory of the client. It learns which paths are used and asks the client for no others.</summary>
internal sealed class LocalNode : SourceNode
{
    private readonly SortedSet<string> _paths = new(StringComparer.Ordinal);   // absolute and clean

    public LocalNode(string name, string sessionId, string sharedKeyHint, NodeNotes notes)
        : base($"local://{name}", notes)
    {
        Capabilities.Add("source.local");
        With("local.session", sessionId, "source.local.sessionid");
        With("local.sharedkeyhint", sharedKeyHint, "source.local.sharedkeyhint");
    }

    /// <summary>Leaves out what matches, as an ignore file says.</summary>
    public void Exclude(IReadOnlyList<string> patterns)
    {
        if (patterns.Count > 0)
        {
            With("local.excludepatterns", GoText.JsonArray(patterns), "source.local.excludepatterns");
        }
    }

    /// <summary>Notes that a path, relative to the directory, is used.</summary>
    public void Use(string path) => _paths.Add(UnixPath.Join("/", path));

    /// <summary>The tree is not compared with an earlier transfer.</summary>
    public void TransferWhole() => With("local.differ", "none", null);

    /// <summary>Asks for exactly these paths, in this order.</summary>
    public void Follow(IReadOnlyList<string> paths) => With("local.followpaths", GoText.JsonArray(paths), "source.local.followpaths");

    public override Pb.OpMetadata BuildMetadata()
    {
        FollowUsedPaths();
        return base.BuildMetadata();
    }

    protected override Pb.Op BuildOp(Func<GraphNode, string> digestOf)
    {
        FollowUsedPaths();
        return base.BuildOp(digestOf);
    }

    private void FollowUsedPaths()
    {
        if (_paths.Count > 0 && !_paths.Contains("/"))
        {
            Follow([.. _paths.Select(path => path[1..]).Order(StringComparer.Ordinal)]);
        }
    }
}
