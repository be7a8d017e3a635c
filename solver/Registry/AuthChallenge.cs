using System.Net.Http.Headers;

namespace Cairn.Solver.Registry;

/// <summary>One way in which a registry offers to let a client in.</summary>
/// <remarks>Source: RFC 9110 section 11.6.1; distribution, "Token authentication specification".</remarks>
internal sealed record AuthChallenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    public bool IsBearer => Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase);

    public bool IsBasic => Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase);

    public string? this[string name] => Parameters.TryGetValue(name, out string? value) ? value : null;

    /// <summary>The challenges of an answer, in its order.</summary>
    public static IReadOnlyList<AuthChallenge> Read(HttpResponseHeaders headers)
    {
        var challenges = new List<AuthChallenge>();
        foreach (AuthenticationHeaderValue header in headers.WwwAuthenticate)
        {
            challenges.Add(new AuthChallenge(header.Scheme, ReadParameters(header.Parameter ?? "")));
        }

        return challenges;
    }

    /// <summary>Reads <c>name="value", name=value</c>; a quoted value may hold commas and escaped characters.</summary>
    private static Dictionary<string, string> ReadParameters(string text)
    {
        var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        int at = 0;
        while (at < text.Length)
        {
            int equals = text.IndexOf('=', at);
            if (equals < 0)
            {
                break;
            }

            string name = text[at..equals].Trim(' ', ',', '\t');
            at = equals + 1;
            var value = new System.Text.StringBuilder();
            if (at < text.Length && text[at] == '"')
            {
                for (at++; at < text.Length && text[at] != '"'; at++)
                {
                    if (text[at] == '\\' && at + 1 < text.Length)
                    {
                        at++;
                    }

                    value.Append(text[at]);
                }

                at++;
            }
            else
            {
                for (; at < text.Length && text[at] != ','; at++)
                {
                    value.Append(text[at]);
                }
            }

            parameters[name] = value.ToString().Trim();
        }

        return parameters;
    }
}
