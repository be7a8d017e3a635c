using System.Runtime.InteropServices;
using Cairn.Llb;

namespace Cairn.Solver.Scheduling;

/// <summary>
/// The executions that a vertex may attach to. Two would do the same if the op is the same and each input shares a key, its content or its result:
/// whichever of several keys that is.
/// </summary>
internal sealed class ExecutionIndex
{
    // By op and each name of the first input: whatever is equal in all inputs shares one of these.
    private readonly Dictionary<Place, List<Execution>> _places = [];

    private readonly record struct Place(Digest Op, ResultId Result, string? Name);

    /// <summary>An execution that does what the vertex wants: the oldest one, but one that did not look into the cache before any other.</summary>
    /// <param name="op">Digest of the vertex's op.</param>
    /// <param name="inputs">By input.</param>
    /// <param name="ignoresCache">Only one that did not look into the cache will do.</param>
    /// <returns>Null if there is none.</returns>
    public Execution? Find(Digest op, InputIdentity[] inputs, bool ignoresCache)
    {
        Execution? found = null;
        foreach (Place place in PlacesOf(op, inputs))
        {
            foreach (Execution execution in CollectionsMarshal.AsSpan(_places.GetValueOrDefault(place)))
            {
                if ((execution.IgnoresCache || !ignoresCache) && IsBetter(execution, found) && AreEqual(execution.Identity, inputs))
                {
                    found = execution;
                }
            }
        }

        return found;
    }

    public void Add(Execution execution)
    {
        foreach (Place place in PlacesOf(execution.Op, execution.Identity))
        {
            ref List<Execution>? executions = ref CollectionsMarshal.GetValueRefOrAddDefault(_places, place, out _);
            executions ??= new List<Execution>(1);
            executions.Add(execution);
        }
    }

    public void Remove(Execution execution)
    {
        foreach (Place place in PlacesOf(execution.Op, execution.Identity))
        {
            if (_places.TryGetValue(place, out List<Execution>? executions) && executions.Remove(execution) && executions.Count == 0)
            {
                _places.Remove(place);
            }
        }
    }

    private static bool IsBetter(Execution execution, Execution? found) =>
        found is null
        || (execution.IgnoresCache && !found.IgnoresCache)
        || (execution.IgnoresCache == found.IgnoresCache && execution.Serial < found.Serial);

    private static bool AreEqual(InputIdentity[] one, InputIdentity[] other)
    {
        for (int i = 0; i < one.Length; i++)
        {
            if (!one[i].IsSameAs(other[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static Place[] PlacesOf(Digest op, InputIdentity[] inputs)
    {
        if (inputs.Length == 0)
        {
            return [new Place(op, default, null)];
        }

        InputIdentity first = inputs[0];
        var places = new Place[1 + first.Keys.Length + (first.Content is null ? 0 : 1)];
        places[0] = new Place(op, first.Result, null);
        for (int i = 0; i < first.Keys.Length; i++)
        {
            places[i + 1] = new Place(op, default, first.Keys[i].Value);
        }

        if (first.Content is { } content)
        {
            places[^1] = new Place(op, default, content.ToString());
        }

        return places;
    }
}
