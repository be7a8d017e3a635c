namespace Cairn.Llb.Graphs;

/// <summary>Puts inputs before users.</summary>
internal static class InputOrder
{
    /// <summary>Everything that can be reached from an item through its inputs, depth first, each once, inputs before users.</summary>
    /// <param name="head">The item that is last.</param>
    /// <param name="inputCount">How many inputs an item has.</param>
    /// <param name="inputOf">The input of an item by number.</param>
    /// <param name="onCycle">Called for an item that is reached from itself; throws.</param>
    public static IReadOnlyList<int> From(int head, Func<int, int> inputCount, Func<int, int, int> inputOf, Action<int> onCycle)
    {
        var order = new List<int>();
        var isDone = new Dictionary<int, bool> { [head] = false };
        var open = new Stack<(int Item, int Next)>();
        open.Push((head, 0));
        while (open.TryPop(out (int Item, int Next) top))
        {
            if (top.Next == inputCount(top.Item))
            {
                isDone[top.Item] = true;
                order.Add(top.Item);
                continue;
            }

            open.Push((top.Item, top.Next + 1));
            int input = inputOf(top.Item, top.Next);
            if (isDone.TryAdd(input, false))
            {
                open.Push((input, 0));
            }
            else if (!isDone[input])
            {
                onCycle(input);
            }
        }

        return order;
    }
}
