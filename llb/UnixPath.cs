using System.Text;

namespace Cairn.Llb;

/// <summary>Paths with slashes as text only: the file system is never asked, and the machine's rules do not count.</summary>
public static class UnixPath
{
    /// <summary>The shortest path of the same meaning: no empty, "." or inner ".." parts, no slash at the end; "." for nothing.</summary>
    public static string Clean(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        bool rooted = path.StartsWith('/');
        var parts = new List<string>();
        foreach (string part in path.Split('/'))
        {
            if (part is "" or ".")
            {
                continue;
            }

            if (part != ".." || (!rooted && (parts.Count == 0 || parts[^1] == "..")))
            {
                parts.Add(part);
            }
            else if (parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
        }

        string joined = string.Join('/', parts);
        return rooted ? "/" + joined : joined.Length == 0 ? "." : joined;
    }

    /// <summary>Parts joined by slashes and cleaned; empty parts do not count, and nothing joined is "".</summary>
    public static string Join(params ReadOnlySpan<string> parts)
    {
        var joined = new StringBuilder();
        foreach (string part in parts)
        {
            if (part.Length > 0)
            {
                joined.Append(joined.Length > 0 ? "/" : "").Append(part);
            }
        }

        return joined.Length == 0 ? "" : Clean(joined.ToString());
    }

    /// <summary>The last part; "/" for the root and "." for nothing.</summary>
    public static string Base(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string trimmed = path.TrimEnd('/');
        return trimmed.Length > 0 ? trimmed[(trimmed.LastIndexOf('/') + 1)..] : path.Length > 0 ? "/" : ".";
    }

    /// <summary>All but the last part, cleaned; "." when there is no slash.</summary>
    public static string Directory(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Clean(path[..(path.LastIndexOf('/') + 1)]);
    }

    /// <summary>The path starts at the root.</summary>
    public static bool IsRooted(string path) => path.StartsWith('/');
}
