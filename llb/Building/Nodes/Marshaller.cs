using System.Security.Cryptography;
using Cairn.Llb.Graphs;
using Cairn.Protos.Pb;
using Google.Protobuf;

namespace Cairn.Llb.Building.Nodes;

/// <summary>Writes a graph as a definition: depth first, inputs before users, each op once.</summary>
internal sealed class Marshaller(MarshalOptions options)
{
    private const int UniqueIdBytes = 16;

    private readonly Definition _definition = new();
    private readonly Dictionary<BuildNode, Digest> _digests = [];
    private readonly HashSet<Digest> _written = [];
    private readonly SourceMapDraft _sources = new(options);
    private readonly Platform _platform = options.Platform ?? Platform.Default;

    public MarshalOptions Options => options;

    public string LocalUniqueId { get; } =
        options.LocalUniqueId ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(UniqueIdBytes));

    public static Definition Marshal(NodeOutput? head, MarshalOptions options)
    {
        if (head is null)
        {
            return new Definition();
        }

        var marshaller = new Marshaller(options);
        marshaller.WriteAll(head.Node);
        marshaller.WriteTerminal(head);
        marshaller._definition.Source = marshaller._sources.ToMessage();
        return marshaller._definition;
    }

    public Input InputOf(NodeOutput output) => new() { Digest = _digests[output.Node].ToString(), Index = output.Index };

    // A stack of our own: chains are as deep as builds are long.
    private void WriteAll(BuildNode head)
    {
        var open = new Stack<(BuildNode Node, IEnumerator<NodeOutput> Inputs)>();
        open.Push((head, head.Inputs.GetEnumerator()));
        while (open.TryPeek(out (BuildNode Node, IEnumerator<NodeOutput> Inputs) top))
        {
            if (!top.Inputs.MoveNext())
            {
                Write(top.Node);
                top.Inputs.Dispose();
                open.Pop();
            }
            else if (!_digests.ContainsKey(top.Inputs.Current.Node))
            {
                BuildNode node = top.Inputs.Current.Node;
                open.Push((node, node.Inputs.GetEnumerator()));
            }
        }
    }

    private void Write(BuildNode node)
    {
        var draft = new OpDraft(this);
        node.Write(draft);
        draft.Op.Constraints = new WorkerConstraints();
        draft.Op.Constraints.Filter.Add(options.Defaults.WorkerFilters.Concat(node.Options.WorkerFilters));
        if (draft.HasPlatform)
        {
            draft.Op.Platform = (node.Platform ?? _platform).ToMessage();
        }

        byte[] bytes = WireEncoding.Encode(draft.Op);
        Digest digest = Digest.Sha256(bytes);
        _digests[node] = digest;
        string key = digest.ToString();
        OpMetadata metadata = options.Defaults.ToMetadata();
        Join(metadata, node.Options.ToMetadata());
        foreach (string capability in draft.Capabilities)
        {
            metadata.Caps[capability] = true;
        }

        if (_definition.Metadata.TryGetValue(key, out OpMetadata? earlier))
        {
            Join(earlier, metadata);
        }
        else
        {
            _definition.Metadata[key] = metadata;
        }

        _sources.Add(key, node.Options.Marks);
        if (_written.Add(digest))
        {
            _definition.Def.Add(UnsafeByteOperations.UnsafeWrap(bytes));
        }
    }

    private void WriteTerminal(NodeOutput head)
    {
        var op = new Op();
        op.Inputs.Add(InputOf(head));
        byte[] bytes = WireEncoding.Encode(op);
        var metadata = new OpMetadata();
        foreach (OpMetadata other in _definition.Metadata.Values)
        {
            Need(other.IgnoreCache, Capabilities.MetaIgnoreCache);
            Need(other.Description.Count > 0, Capabilities.MetaDescription);
            Need(other.ExportCache is not null, Capabilities.MetaExportCache);
        }

        Need(true, Capabilities.Constraints);
        Need(true, Capabilities.Platform);
        _definition.Def.Add(UnsafeByteOperations.UnsafeWrap(bytes));
        _definition.Metadata[Digest.Sha256(bytes).ToString()] = metadata;

        void Need(bool isUsed, string capability)
        {
            if (isUsed)
            {
                metadata.Caps[capability] = true;
            }
        }
    }

    // What is said later wins; texts and capabilities are united.
    private static void Join(OpMetadata metadata, OpMetadata more)
    {
        metadata.IgnoreCache |= more.IgnoreCache;
        foreach ((string key, string value) in more.Description)
        {
            metadata.Description[key] = value;
        }

        foreach ((string capability, bool isNeeded) in more.Caps)
        {
            metadata.Caps[capability] = isNeeded;
        }

        metadata.ExportCache = more.ExportCache ?? metadata.ExportCache;
        metadata.ProgressGroup = more.ProgressGroup ?? metadata.ProgressGroup;
        metadata.LinuxResources = more.LinuxResources ?? metadata.LinuxResources;
    }
}
