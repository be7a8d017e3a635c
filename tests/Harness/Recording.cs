using System.Globalization;

namespace Cairn.Tests.Harness;

/// <summary>System calls of a child process, in the order in which they ended.</summary>
internal sealed class Recording
{
    private const string MarkDirectory = "/cairn-mark/";

    private Recording(IReadOnlyList<SystemCall> calls) => Calls = calls;

    public IReadOnlyList<SystemCall> Calls { get; }

    /// <summary>Reads what strace wrote: <c>THREAD NAME(ARGUMENTS) = RESULT</c>, sometimes in two parts.</summary>
    public static Recording Read(string file)
    {
        var calls = new List<SystemCall>();
        var begun = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in File.ReadLines(file))
        {
            int space = line.IndexOf(' ', StringComparison.Ordinal);
            string thread = line[..space];
            string text = line[space..].TrimStart();
            if (text.EndsWith("<unfinished ...>", StringComparison.Ordinal))
            {
                begun[thread] = text[..^"<unfinished ...>".Length].TrimEnd();
                continue;
            }
            if (text.StartsWith("<... ", StringComparison.Ordinal))
            {
                int resumed = text.IndexOf("resumed>", StringComparison.Ordinal);
                text = begun.GetValueOrDefault(thread, "") + text[(resumed + "resumed>".Length)..];
            }
            int open = text.IndexOf('(', StringComparison.Ordinal);
            int equals = text.LastIndexOf(" = ", StringComparison.Ordinal);
            if (open > 0 && equals > open)   // else a signal, or the end of a thread
            {
                string arguments = text[(open + 1)..equals].TrimEnd();
                calls.Add(new SystemCall(
                    int.Parse(thread, CultureInfo.InvariantCulture), text[..open], arguments[..^1], text[(equals + 3)..]));
            }
        }
        return new Recording(calls);
    }

    /// <summary>Opens a path that says, in the recording, that something begins or ends here.</summary>
    public static void Mark(string name)
    {
        try
        {
            using FileStream file = File.OpenRead(MarkDirectory + name);
        }
        catch (DirectoryNotFoundException)
        {
            // The attempt is what the recording shows.
        }
    }

    /// <summary>The part between two marks of the command <c>mark</c>.</summary>
    public Recording Between(string first, string last)
    {
        int from = Find(first);
        return new Recording([.. Calls.Skip(from + 1).Take(Find(last) - from - 1)]);
    }

    /// <summary>Calls of a name, that succeeded, on a path that contains a text.</summary>
    public IReadOnlyList<SystemCall> Of(string name, string path = "") =>
        [.. Calls.Where(call => call.Name == name && !call.Failed && (path.Length == 0 || call.Paths.Any(p => p.Contains(path, StringComparison.Ordinal))))];

    /// <summary>Openings for writing at or below a path.</summary>
    public IReadOnlyList<SystemCall> WritesBelow(string path) =>
        [.. Calls.Where(call => call.OpensToWrite && call.Target.StartsWith(path, StringComparison.Ordinal))];

    private int Find(string mark)
    {
        for (int i = 0; i < Calls.Count; i++)
        {
            if (Calls[i].Paths.Contains(MarkDirectory + mark))
            {
                return i;
            }
        }
        throw new KeyNotFoundException($"there is no mark '{mark}' in the recording");
    }
}
