namespace Cairn.Frontend.Dockerfile.Expansion;

/// <summary>Variables in the order in which they were first set; immutable.</summary>
internal sealed class VariableList : IVariables
{
    public static readonly VariableList Empty = new([]);

    private readonly IReadOnlyList<KeyValuePair<string, string>> _variables;

    private VariableList(IReadOnlyList<KeyValuePair<string, string>> variables) => _variables = variables;

    public IEnumerable<string> Names => _variables.Select(v => v.Key);

    /// <summary>The list in the form <c>NAME=value</c>.</summary>
    public IReadOnlyList<string> ToEnvironment() => [.. _variables.Select(v => $"{v.Key}={v.Value}")];

    public string? Find(string name)
    {
        foreach (KeyValuePair<string, string> variable in _variables)
        {
            if (variable.Key == name)
            {
                return variable.Value;
            }
        }
        return null;
    }

    /// <summary>The list with one variable set; a variable that was there keeps its place.</summary>
    public VariableList With(string name, string value)
    {
        var changed = new List<KeyValuePair<string, string>>(_variables);
        int index = changed.FindIndex(v => v.Key == name);
        if (index < 0)
        {
            changed.Add(new(name, value));
        }
        else
        {
            changed[index] = new(name, value);
        }
        return new VariableList(changed);
    }
}
