using System.Text;
using Xunit;

namespace Cairn.Integration.Tests;

/// <summary>A command that has ended.</summary>
/// <param name="Command">For messages.</param>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Standard output, each byte one character.</param>
/// <param name="Error">Standard error.</param>
internal sealed record Finished(string Command, int ExitCode, string Output, string Error)
{
    public byte[] OutputBytes => Encoding.Latin1.GetBytes(Output);

    /// <summary>This, if the command succeeded; else the test fails with what it printed.</summary>
    public Finished Succeeded()
    {
        Assert.True(ExitCode == 0, $"{Command} ended with {ExitCode}:\n{Error}{Output}");
        return this;
    }

    /// <summary>This, if the command ended with that code; else the test fails with what it printed.</summary>
    public Finished FailedWith(int code)
    {
        Assert.True(ExitCode == code, $"{Command} ended with {ExitCode}, not {code}:\n{Error}{Output}");
        return this;
    }

    /// <summary>Final states of the steps in a plain progress log: step name to "CACHED", "DONE" or "ERROR".</summary>
    public IReadOnlyDictionary<string, string> Steps()
    {
        Dictionary<string, string> names = new(StringComparer.Ordinal), states = new(StringComparer.Ordinal);
        foreach (string line in Error.Split('\n').Where(l => l.StartsWith('#')))
        {
            string[] parts = line.Split(' ', 2);
            if (parts.Length < 2)
            {
                continue;
            }

            if (!names.TryAdd(parts[0], parts[1]))
            {
                string word = parts[1].Split(' ', ':')[0];
                if (word is "CACHED" or "DONE" or "ERROR" or "CANCELED")
                {
                    states[names[parts[0]]] = word;
                }
            }
        }

        return states;
    }
}
