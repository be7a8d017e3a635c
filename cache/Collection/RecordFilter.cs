using System.Text;
using System.Text.RegularExpressions;
using Cairn.Llb;

namespace Cairn.Cache.Collection;

/// <summary>
/// Filters of records: <c>field</c> (present), <c>field==value</c>, <c>field!=value</c>, <c>field~=regexp</c>, several joined with commas must
/// all hold; of several filters one must. A value may be quoted.
/// </summary>
/// <remarks>Source: control-and-status, section 19. Fields: id, parents, description, type; inuse, mutable, immutable, shared, private.</remarks>
public sealed class RecordFilter
{
    private readonly List<List<Func<UsageRecord, bool>>> _alternatives = [];

    private RecordFilter()
    {
    }

    /// <summary>Reads filters.</summary>
    /// <param name="filters">Any one of them must match; none matches everything.</param>
    /// <param name="purpose">What they are for, in the error: <c>diskusage</c> or <c>prune</c>.</param>
    /// <exception cref="BuildException">Input: a filter cannot be read.</exception>
    public static RecordFilter Parse(IReadOnlyList<string> filters, string purpose)
    {
        ArgumentNullException.ThrowIfNull(filters);
        var result = new RecordFilter();
        foreach (string filter in filters)
        {
            List<Func<UsageRecord, bool>> conditions = [];
            foreach (string part in Split(filter))
            {
                conditions.Add(Condition(part)
                    ?? throw new BuildException(ErrorKind.Input, $"parse {purpose} filters", filter, $"\"{part}\" is no condition"));
            }
            result._alternatives.Add(conditions);
        }
        return result;
    }

    /// <summary>Whether the record matches.</summary>
    public bool Matches(UsageRecord record) =>
        _alternatives.Count == 0 || _alternatives.Exists(conditions => conditions.TrueForAll(condition => condition(record)));

    private static List<string> Split(string filter)
    {
        List<string> parts = [];
        var part = new StringBuilder();
        bool quoted = false;
        for (int i = 0; i < filter.Length; i++)
        {
            char c = filter[i];
            if (c == '"')
            {
                quoted = !quoted;
            }
            else if (c == '\\' && quoted && i + 1 < filter.Length)
            {
                part.Append(filter[++i]);
            }
            else if (c == ',' && !quoted)
            {
                parts.Add(part.ToString());
                part.Clear();
            }
            else
            {
                part.Append(c);
            }
        }
        parts.Add(part.ToString());
        return parts;
    }

    private static Func<UsageRecord, bool>? Condition(string part)
    {
        int at = part.IndexOfAny(['=', '!', '~']);
        string field = (at < 0 ? part : part[..at]).Trim();
        Func<UsageRecord, string?>? value = Field(field);
        if (value is null)
        {
            return null;
        }
        if (at < 0)
        {
            return record => value(record) is { Length: > 0 };
        }
        if (part.Length < at + 2 || part[at + 1] != '=')
        {
            return null;
        }
        string wanted = part[(at + 2)..];
        switch (part[at])
        {
            case '=':
                return record => value(record) == wanted;
            case '!':
                return record => value(record) != wanted;
            default:
                try
                {
                    var pattern = new Regex(wanted, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
                    return record => value(record) is { } text && pattern.IsMatch(text);
                }
                catch (Exception e) when (e is ArgumentException or NotSupportedException)
                {
                    return null;
                }
        }
    }

    private static Func<UsageRecord, string?>? Field(string name) => name switch
    {
        "id" => record => record.Id,
        "parents" => record => string.Join(';', record.Parents),
        "description" => record => record.Description,
        "type" => record => record.RecordType,
        "inuse" => record => Flag(record.InUse),
        "mutable" => record => Flag(record.Mutable),
        "immutable" => record => Flag(!record.Mutable),
        "shared" => record => Flag(record.Shared),
        "private" => record => Flag(!record.Shared),
        _ => null,
    };

    private static string? Flag(bool value) => value ? "true" : null;
}
