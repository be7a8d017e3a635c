using Cairn.Protos.Pb;

namespace Cairn.Llb.Graphs;

/// <summary>Whether the actions of a file op make sense: what they refer to, what they leave, and that nothing waits for itself.</summary>
internal static class FileValidation
{
    public static void Check(FileOp file, int inputs)
    {
        int count = file.Actions.Count;
        OpValidation.Require(count > 0, "invalid file op with no actions");
        var outputs = new HashSet<long>();
        for (int i = 0; i < count; i++)
        {
            FileAction action = file.Actions[i];
            OpValidation.Require(action.ActionCase != FileAction.ActionOneofCase.None, $"invalid file action {i}: unknown kind");
            CheckReference(action.Input, inputs, count, i, "input");
            CheckReference(action.SecondaryInput, inputs, count, i, "secondary input");
            if (action.Output >= 0)
            {
                OpValidation.Require(outputs.Add(action.Output), $"invalid file op: duplicate output {action.Output}");
            }
        }

        OpValidation.Require(outputs.Count > 0, "invalid file op: no outputs specified");
        for (int output = 0; output < outputs.Count; output++)
        {
            OpValidation.Require(outputs.Contains(output), $"invalid file op: missing output index {output}");
        }

        CheckOrder(file, inputs);
    }

    private static void CheckReference(long reference, int inputs, int actions, int action, string what) =>
        OpValidation.Require(
            reference >= -1 && reference < inputs + actions,
            $"invalid {what} {reference} of file action {action}: the op has {inputs} inputs and {actions} actions");

    private static void CheckOrder(FileOp file, int inputs)
    {
        var isSettled = new bool[file.Actions.Count];
        for (int i = 0; i < isSettled.Length; i++)
        {
            IReadOnlyList<int> order = InputOrder.From(
                i,
                item => NeededActions(file, inputs, item, isSettled).Count,
                (item, number) => NeededActions(file, inputs, item, isSettled)[number],
                item => throw GraphLoader.Invalid($"invalid file op: action {item} needs its own result"));
            foreach (int action in order)
            {
                isSettled[action] = true;
            }
        }
    }

    private static List<int> NeededActions(FileOp file, int inputs, int item, bool[] isSettled)
    {
        FileAction action = file.Actions[item];
        var needed = new List<int>(2);
        foreach (long reference in (ReadOnlySpan<long>)[action.Input, action.SecondaryInput])
        {
            if (reference >= inputs && !isSettled[(int)reference - inputs])
            {
                needed.Add((int)(reference - inputs));
            }
        }

        return needed;
    }
}
