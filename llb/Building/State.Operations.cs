using Cairn.Llb.Building.Nodes;
using Cairn.Protos.Pb;

namespace Cairn.Llb.Building;

/// <content>What can be done with states.</content>
public sealed partial class State
{
    /// <summary>Runs a command on this state.</summary>
    /// <exception cref="BuildException">Input: no arguments.</exception>
    public RunResult Run(RunOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Arguments.Count == 0)
        {
            throw new BuildException(ErrorKind.Input, "describe a run", "", "arguments are required");
        }

        return new RunResult(this, new ExecNode(this, options));
    }

    /// <summary>Runs a command on this state and takes the root it leaves.</summary>
    public State Run(params IReadOnlyList<string> arguments) => Run(new RunOptions { Arguments = arguments }).Root;

    /// <summary>Changes files, in one operation.</summary>
    public State File(FileActions actions, VertexOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(actions);
        return actions.IsEmpty ? this : WithOutput(new NodeOutput(new FileNode(this, actions, options ?? VertexOptions.None), 0));
    }

    /// <summary>Lays states over each other, the later over the earlier. Scratch states do not count.</summary>
    /// <returns>The environment is that of the first state that counts.</returns>
    public static State Merge(IEnumerable<State> states, VertexOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(states);
        State[] counting = [.. states.Where(state => !state.IsScratch)];
        return counting.Length switch
        {
            0 => Scratch,
            1 => counting[0],
            _ => counting[0].WithOutput(new NodeOutput(
                new MergeNode([.. counting.Select(state => state.Output!)], options ?? VertexOptions.None), 0)),
        };
    }

    /// <summary>Lays states over each other, the later over the earlier.</summary>
    public static State Merge(params ReadOnlySpan<State> states) => Merge(states.ToArray(), null);

    /// <summary>The changes that lead from one state to another.</summary>
    public static State Diff(State lower, State upper, VertexOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(lower);
        ArgumentNullException.ThrowIfNull(upper);
        return lower.IsScratch
            ? upper
            : Scratch.WithOutput(new NodeOutput(new DiffNode(lower.Output!, upper.Output, options ?? VertexOptions.None), 0));
    }

    /// <summary>This state, once other states could be built too; their content is not used.</summary>
    /// <param name="id">Tells this dependency from others over the same states.</param>
    /// <param name="others">What has to succeed.</param>
    public State Requires(string id, params ReadOnlySpan<State> others)
    {
        var inputs = new List<NodeOutput> { Output ?? throw new BuildException(ErrorKind.Input, "require states", id, "scratch cannot require anything") };
        foreach (State other in others)
        {
            if (other.Output is { } output)
            {
                inputs.Add(output);
            }
        }

        return inputs.Count == 1 ? this : WithOutput(new NodeOutput(new PassthroughNode(id, inputs, VertexOptions.None), 0));
    }

    /// <summary>Writes the graph that ends in this state. Equal graphs give equal bytes, except for local sources without any id.</summary>
    /// <returns>An empty definition for scratch.</returns>
    public Definition Marshal(MarshalOptions? options = null) => Marshaller.Marshal(Output, options ?? new MarshalOptions());
}
