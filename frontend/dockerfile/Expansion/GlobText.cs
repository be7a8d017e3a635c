using System.Text;
using System.Text.RegularExpressions;

namespace Cairn.Frontend.Dockerfile.Expansion;

/// <summary>A pattern of a substitution: <c>*</c> is any string, <c>?</c> any character, escapes are literal; no brackets.</summary>
internal sealed class GlobText(string pattern, char escape)
{
    private const RegexOptions Options = RegexOptions.CultureInvariant | RegexOptions.Singleline;

    public string WithoutPrefix(string value, bool longest)
    {
        Match match = new Regex(@"\A(?:" + Translate(longest) + ")", Options).Match(value);
        return match.Success ? value[match.Length..] : value;
    }

    public string WithoutSuffix(string value, bool longest)
    {
        var whole = new Regex(@"\A(?:" + Translate(greedy: true) + @")\z", Options);
        for (int i = 0; i <= value.Length; i++)
        {
            int cut = longest ? i : value.Length - i;
            if (whole.IsMatch(value[cut..]))
            {
                return value[..cut];
            }
        }
        return value;
    }

    public string Replace(string value, string replacement, bool all) =>
        pattern.Length == 0 ? value : new Regex(Translate(greedy: true), Options).Replace(value, _ => replacement, all ? -1 : 1);

    private string Translate(bool greedy)
    {
        var regex = new StringBuilder();
        for (int i = 0; i < pattern.Length; i++)
        {
            char c = pattern[i];
            if (c == escape && i + 1 < pattern.Length)
            {
                c = pattern[++i];
            }
            else if (c == '*')
            {
                regex.Append(greedy ? ".*" : ".*?");
                continue;
            }
            else if (c == '?')
            {
                regex.Append('.');
                continue;
            }
            regex.Append(Regex.Escape(c.ToString()));
        }
        return regex.ToString();
    }
}
