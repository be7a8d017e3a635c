using Cairn.Frontend.Dockerfile.Parsing;
using Cairn.Llb;
using Google.Protobuf;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Dockerfile.Graphs;

/// <summary>Writes a graph as a definition: depth first, inputs before users, each op once.</summary>
internal sealed class DefinitionWriter
{
    private readonly Dictionary<GraphNode, string> _digests = [];
    private readonly HashSet<string> _written = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Pb.OpMetadata> _metadata = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Pb.Locations> _locations = new(StringComparer.Ordinal);
    private readonly Pb.Definition _definition = new();

    private DefinitionWriter()
    {
    }

    /// <param name="head">The result; null gives an empty definition.</param>
    /// <param name="source">The file the nodes' lines belong to, or null.</param>
    public static Pb.Definition Write(GraphEdge? head, Pb.SourceInfo? source)
    {
        var writer = new DefinitionWriter();
        if (head is not null)
        {
            writer.WriteAll(head);
            writer.Complete(source);
        }
        return writer._definition;
    }

    private void WriteAll(GraphEdge head)
    {
        var path = new Stack<(GraphNode Node, IEnumerator<GraphEdge> Inputs)>();
        var entered = new HashSet<GraphNode> { head.Node };
        path.Push((head.Node, head.Node.Inputs.GetEnumerator()));
        while (path.TryPeek(out (GraphNode Node, IEnumerator<GraphEdge> Inputs) top))
        {
            if (top.Inputs.MoveNext())
            {
                GraphNode input = top.Inputs.Current.Node;
                if (entered.Add(input))
                {
                    path.Push((input, input.Inputs.GetEnumerator()));
                }
                continue;
            }
            top.Inputs.Dispose();
            path.Pop();
            WriteNode(top.Node);
        }
        var terminal = new Pb.Op();
        terminal.Inputs.Add(new Pb.Input { Digest = _digests[head.Node], Index = head.Output });
        byte[] bytes = terminal.ToByteArray();
        _definition.Def.Add(ByteString.CopyFrom(bytes));
        _metadata[Digest.Sha256(bytes).ToString()] = TerminalMetadata();
    }

    private void WriteNode(GraphNode node)
    {
        byte[] bytes = node.Encode(input => _digests[input]);
        string digest = Digest.Sha256(bytes).ToString();
        _digests[node] = digest;
        Combine(digest, node.BuildMetadata());
        if (!_locations.TryGetValue(digest, out Pb.Locations? locations))
        {
            _locations[digest] = locations = new Pb.Locations();
        }
        if (node.Notes.Lines is { } lines)
        {
            locations.Locations_.Add(ToLocation(lines));
        }
        if (_written.Add(digest))
        {
            _definition.Def.Add(ByteString.CopyFrom(bytes));
        }
    }

    private static Pb.Location ToLocation(LineRange lines)
    {
        var location = new Pb.Location();
        location.Ranges.Add(DockerfileErrors.EachLine(lines).Select(range => new Pb.Range
        {
            Start = new Pb.Position { Line = range.StartLine },
            End = new Pb.Position { Line = range.EndLine },
        }));
        return location;
    }

    /// <summary>Two nodes with the same op are one vertex: what they say of it is united, the later description wins.</summary>
    private void Combine(string digest, Pb.OpMetadata metadata)
    {
        if (!_metadata.TryGetValue(digest, out Pb.OpMetadata? earlier))
        {
            _metadata[digest] = metadata;
            return;
        }
        var description = new SortedDictionary<string, string>(earlier.Description, StringComparer.Ordinal);
        foreach ((string key, string value) in metadata.Description)
        {
            description[key] = value;
        }
        var capabilities = new SortedDictionary<string, bool>(earlier.Caps, StringComparer.Ordinal);
        foreach ((string key, bool value) in metadata.Caps)
        {
            capabilities[key] = value;
        }
        var united = new Pb.OpMetadata
        {
            IgnoreCache = earlier.IgnoreCache || metadata.IgnoreCache,
            ExportCache = metadata.ExportCache ?? earlier.ExportCache,
            ProgressGroup = metadata.ProgressGroup ?? earlier.ProgressGroup,
            LinuxResources = metadata.LinuxResources ?? earlier.LinuxResources,
        };
        united.Description.Add(description);
        united.Caps.Add(capabilities);
        _metadata[digest] = united;
    }

    private Pb.OpMetadata TerminalMetadata()
    {
        var capabilities = new SortedSet<string>(StringComparer.Ordinal) { "constraints", "platform" };
        foreach (Pb.OpMetadata metadata in _metadata.Values)
        {
            if (metadata.Description.Count > 0)
            {
                capabilities.Add("meta.description");
            }
            if (metadata.IgnoreCache)
            {
                capabilities.Add("meta.ignorecache");
            }
            if (metadata.ExportCache is not null)
            {
                capabilities.Add("meta.exportcache");
            }
        }
        return new NodeNotes().ToMetadata(capabilities);
    }

    private void Complete(Pb.SourceInfo? source)
    {
        _definition.Metadata.Add(_metadata);
        _definition.Source = new Pb.Source();
        _definition.Source.Locations.Add(_locations);
        if (source is not null)
        {
            _definition.Source.Infos.Add(source);
        }
    }
}
