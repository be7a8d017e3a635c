using System.Globalization;
using System.Text;

namespace Cairn.Frontend.Dockerfile.Images;

/// <summary>Writes one JSON object, fields in the order given; "OrNothing" leaves empty values out.</summary>
internal sealed class JsonFields
{
    private readonly StringBuilder _json = new("{");

    public void Raw(string name, string json)
    {
        if (_json.Length > 1)
        {
            _json.Append(',');
        }
        GoText.AppendJson(_json, name);
        _json.Append(':').Append(json);
    }

    public void Text(string name, string text)
    {
        var json = new StringBuilder();
        GoText.AppendJson(json, text);
        Raw(name, json.ToString());
    }

    public void TextOrNothing(string name, string? text)
    {
        if (!string.IsNullOrEmpty(text))
        {
            Text(name, text);
        }
    }

    public void FlagOrNothing(string name, bool flag)
    {
        if (flag)
        {
            Raw(name, "true");
        }
    }

    public void NumberOrNothing(string name, long number)
    {
        if (number != 0)
        {
            Raw(name, number.ToString(CultureInfo.InvariantCulture));
        }
    }

    public void ListOrNothing(string name, IReadOnlyList<string> list)
    {
        if (list.Count > 0)
        {
            Raw(name, GoText.JsonArray(list));
        }
    }

    /// <summary>A set in the form of an object whose values are empty objects.</summary>
    public void SetOrNothing(string name, SortedSet<string> set)
    {
        if (set.Count > 0)
        {
            var members = new JsonFields();
            foreach (string member in set)
            {
                members.Raw(member, "{}");
            }
            Raw(name, members.ToString());
        }
    }

    public override string ToString() => $"{_json}}}";
}
