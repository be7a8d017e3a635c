using Cairn.Llb;
using Cairn.Protos.Pb;

namespace Cairn.Solver.Ops;

/// <summary>In which order the actions of a file op run, and which of them go on in the layer of the one before.</summary>
internal sealed class FilePlan
{
    private readonly FileOp _op;
    private readonly int _inputs;
    private readonly int[] _uses;   // by action: how many times its result is needed

    /// <summary>Plans.</summary>
    /// <param name="op">The op; its actions refer to each other without a circle.</param>
    /// <param name="inputs">Inputs of the vertex.</param>
    /// <exception cref="BuildException">Input: a lookup refers to nothing, or an action waits for itself.</exception>
    public FilePlan(FileOp op, int inputs)
    {
        (_op, _inputs) = (op, inputs);
        _uses = new int[op.Actions.Count];
        Order = Sort();
        foreach (int action in Order)
        {
            _uses[action] += op.Actions[action].Output >= 0 ? 1 : 0;
            foreach (long reference in FileReferences.References(op.Actions[action]))
            {
                if (TryAction(reference, out int needed))
                {
                    _uses[needed]++;
                }
            }
        }
    }

    /// <summary>The actions that some output needs, each after those it needs.</summary>
    public IReadOnlyList<int> Order { get; }

    /// <summary>How many outputs there are.</summary>
    public int Outputs => _op.Actions.Count(action => action.Output >= 0);

    /// <summary>An action by number.</summary>
    public FileAction Action(int number) => _op.Actions[number];

    /// <summary>The result of an action is only changed further by another: both share a layer.</summary>
    public bool IsCarriedOn(int action) => _op.Actions[action].Output < 0 && _uses[action] == 1 && Order.Any(next =>
        TryAction(_op.Actions[next].Input, out int before) && before == action);

    /// <summary>Whether an index means the result of an action, and of which.</summary>
    public bool TryAction(long reference, out int action)
    {
        action = (int)(reference - _inputs);
        return reference >= _inputs;
    }

    private List<int> Sort()
    {
        List<int> order = [];
        var states = new State[_op.Actions.Count];
        Stack<int> pending = new(Enumerable.Range(0, states.Length).Where(action => _op.Actions[action].Output >= 0).Reverse());
        while (pending.TryPeek(out int action))
        {
            if (states[action] != State.New)
            {
                pending.Pop();
                if (states[action] == State.Entered)
                {
                    states[action] = State.Done;
                    order.Add(action);
                }

                continue;
            }

            states[action] = State.Entered;
            foreach (long reference in FileReferences.References(_op.Actions[action]))
            {
                Enter(action, reference, states, pending);
            }
        }

        return order;
    }

    private void Enter(int action, long reference, State[] states, Stack<int> pending)
    {
        if (reference < -1 || reference >= _inputs + states.Length)
        {
            throw new BuildException(ErrorKind.Input, "", "", $"invalid file op: action {action} refers to {reference}, which is neither an input nor an action");
        }

        if (TryAction(reference, out int needed) && states[needed] != State.Done)
        {
            if (states[needed] == State.Entered)
            {
                throw new BuildException(ErrorKind.Input, "", "", $"invalid file op: action {needed} needs its own result");
            }

            pending.Push(needed);
        }
    }

    private enum State
    {
        New,
        Entered,
        Done,
    }
}
