using Cairn.Frontend.Dockerfile.Graphs;

namespace Cairn.Frontend.Dockerfile.Contexts;

/// <summary>Makes the source of a remote file.</summary>
internal static class HttpSource
{
    public static bool IsAddress(string text) =>
        text.StartsWith("http://", StringComparison.Ordinal) || text.StartsWith("https://", StringComparison.Ordinal);

    public static SourceNode Create(string address, string fileName, string? checksum, NodeNotes notes)
    {
        var node = new SourceNode(address, notes);
        node.Capabilities.Add("source.http");
        node.With("http.filename", fileName, null);
        if (checksum is not null)
        {
            node.With("http.checksum", checksum, "source.http.checksum");
        }
        return node;
    }
}
