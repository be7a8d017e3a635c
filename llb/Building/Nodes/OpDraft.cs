using Cairn.Protos.Pb;

namespace Cairn.Llb.Building.Nodes;

/// <summary>An op being written, with what it finds in the marshaller.</summary>
internal sealed class OpDraft(Marshaller marshaller)
{
    public Op Op { get; } = new();

    /// <summary>The op carries its platform.</summary>
    public bool HasPlatform { get; set; }

    public SortedSet<string> Capabilities { get; } = new(StringComparer.Ordinal);

    public MarshalOptions Options => marshaller.Options;

    public string LocalUniqueId => marshaller.LocalUniqueId;

    /// <summary>Adds an input, even one that is there already.</summary>
    /// <returns>Its index.</returns>
    public int AppendInput(NodeOutput output)
    {
        Op.Inputs.Add(marshaller.InputOf(output));
        return Op.Inputs.Count - 1;
    }

    /// <summary>Adds an input unless an equal one is there.</summary>
    /// <returns>Its index; -1 for scratch.</returns>
    public int AddInput(NodeOutput? output)
    {
        if (output is null)
        {
            return -1;
        }

        int index = Op.Inputs.IndexOf(marshaller.InputOf(output));
        return index >= 0 ? index : AppendInput(output);
    }
}
