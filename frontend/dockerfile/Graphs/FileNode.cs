using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Dockerfile.Graphs;

/// <summary>File actions one after the other on a tree.</summary>
internal sealed class FileNode(GraphEdge? tree, IReadOnlyList<FileStep> steps, NodeNotes notes) : GraphNode(notes)
{
    private static readonly string[] Capabilities = ["file.base"];

    /// <summary>The tree first, then the sources from the last action to the first: that is how the reference client walks.</summary>
    public override IReadOnlyList<GraphEdge> Inputs => Distinct(steps.Reverse());

    public override Pb.OpMetadata BuildMetadata() => Notes.ToMetadata(Capabilities);

    protected override Pb.Op BuildOp(Func<GraphNode, string> digestOf)
    {
        List<GraphEdge> inputs = Distinct(steps);
        var op = new Pb.Op { File = new Pb.FileOp(), Constraints = new Pb.WorkerConstraints() };
        op.Inputs.Add(inputs.Select(edge => Input(edge, digestOf)));
        int tree0 = tree is null ? -1 : 0;
        for (int i = 0; i < steps.Count; i++)
        {
            Pb.FileAction action = steps[i].Action.Clone();
            action.Input = i == 0 ? tree0 : inputs.Count + i - 1;
            action.SecondaryInput = steps[i].Source is { } source ? IndexOf(inputs, source) : -1;
            action.Output = i == steps.Count - 1 ? 0 : -1;
            LookUpUsersIn(action, tree0);
            op.File.Actions.Add(action);
        }
        return op;
    }

    private static void LookUpUsersIn(Pb.FileAction action, int input)
    {
        Pb.ChownOpt? owner = action.Copy?.Owner ?? action.Mkdir?.Owner ?? action.Mkfile?.Owner;
        if (owner?.User?.ByName is { } user)
        {
            user.Input = input;
        }
        if (owner?.Group?.ByName is { } group)
        {
            group.Input = input;
        }
    }

    private List<GraphEdge> Distinct(IEnumerable<FileStep> order)
    {
        var edges = new List<GraphEdge>();
        foreach (GraphEdge? edge in order.Select(step => step.Source).Prepend(tree))
        {
            if (edge is not null && !edges.Contains(edge))
            {
                edges.Add(edge);
            }
        }
        return edges;
    }

    private static int IndexOf(List<GraphEdge> edges, GraphEdge edge)
    {
        for (int i = 0; i < edges.Count; i++)
        {
            if (edges[i] == edge)
            {
                return i;
            }
        }
        throw new InvalidOperationException("the source of a copy is no input of its node");
    }
}
