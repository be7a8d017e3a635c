using Cairn.Llb.Building.Nodes;

namespace Cairn.Llb.Building;

/// <summary>What a command leaves: the root and its writable mounts.</summary>
public sealed class RunResult
{
    private readonly State _before;
    private readonly ExecNode _node;

    internal RunResult(State before, ExecNode node)
    {
        _before = before;
        _node = node;
    }

    /// <summary>The root after the command. A read-only root is the one before.</summary>
    public State Root => _node.OutputIndex(ExecNode.RootTarget) is { } index ? _before.WithOutput(new NodeOutput(_node, index)) : _before;

    /// <summary>A writable mount after the command.</summary>
    /// <exception cref="BuildException">Input: no such mount, or it keeps nothing.</exception>
    public State Mount(string target) => _node.OutputIndex(target) is { } index
        ? State.Scratch.WithOutput(new NodeOutput(_node, index))
        : throw new BuildException(ErrorKind.Input, "take the output of a mount", $"\"{target}\"", "there is no writable mount at this path");
}
