using Cairn.Protos.Pb;

namespace Cairn.Llb.Building.Nodes;

/// <summary>A chain of file actions on a state.</summary>
internal sealed class FileNode(State state, FileActions actions, VertexOptions options) : BuildNode(options)
{
    private const long NotAnOutput = -1;
    private const long Nothing = -1;

    public override IEnumerable<NodeOutput> Inputs => Outputs(state, actions);

    public override void Write(OpDraft draft)
    {
        draft.Capabilities.Add(Capabilities.FileBase);
        var steps = new List<Step>();
        Add(state, actions, steps, draft);
        draft.Op.File = new FileOp();
        foreach (Step step in steps)
        {
            FileAction action = step.Action;
            action.Input = Index(step.Input, draft);
            action.SecondaryInput = Index(step.Secondary, draft);
            action.Output = step == steps[^1] ? 0 : NotAnOutput;
            draft.Op.File.Actions.Add(action);
        }
    }

    // The state first, then the sources of the copies from the last action to the first: the order of the reference client.
    private static IEnumerable<NodeOutput> Outputs(State changed, FileActions last)
    {
        if (changed.Output is { } output)
        {
            yield return output;
        }

        for (FileActions? action = last; action is not null; action = action.Previous)
        {
            if (action.CopiedState?.Output is { } copied)
            {
                yield return copied;
            }

            if (action.CopiedActions is { } bound)
            {
                foreach (NodeOutput inner in Outputs(bound.State, bound.Actions))
                {
                    yield return inner;
                }
            }
        }
    }

    /// <returns>The number of the chain's last step; null for an empty chain, which is the state itself.</returns>
    private static Reference Add(State changed, FileActions last, List<Step> steps, OpDraft draft)
    {
        var chain = new Stack<FileActions>();
        for (FileActions action = last; !action.IsEmpty; action = action.Previous!)
        {
            chain.Push(action);
        }

        long root = draft.AddInput(changed.Output);
        var at = new Reference(IsStep: false, root);
        foreach (FileActions action in chain)
        {
            Reference secondary = new(IsStep: false, Nothing);
            string sourceDirectory = "/";
            if (action.CopiedState is { } copied)
            {
                secondary = new Reference(IsStep: false, draft.AddInput(copied.Output));
                sourceDirectory = copied.Directory;
            }
            else if (action.CopiedActions is { } bound)
            {
                secondary = Add(bound.State, bound.Actions, steps, draft);
                sourceDirectory = bound.State.Directory;
            }

            var context = new FileActionContext(changed.Directory, sourceDirectory, root);
            steps.Add(new Step(action.Write(context), at, secondary));
            at = new Reference(IsStep: true, steps.Count - 1);
        }

        return at;
    }

    private static long Index(Reference reference, OpDraft draft) =>
        reference.IsStep ? draft.Op.Inputs.Count + reference.Number : reference.Number;

    /// <summary>An input of the op, or the result of a step; the numbers of steps follow those of all inputs.</summary>
    private readonly record struct Reference(bool IsStep, long Number);

    private sealed record Step(FileAction Action, Reference Input, Reference Secondary);
}
