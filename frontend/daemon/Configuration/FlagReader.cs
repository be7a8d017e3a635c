using Cairn.Llb;

namespace Cairn.Daemon.Configuration;

/// <summary>Reads a command line as the stock daemon does: <c>--name value</c>, <c>--name=value</c>, one dash or two, switches with or without a value.</summary>
internal sealed class FlagReader(IReadOnlyList<DaemonFlag> flags)
{
    /// <summary>The values that were given, by flag, in order.</summary>
    /// <exception cref="BuildException">Input: an unknown flag, a missing value, or words that belong to no flag.</exception>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Read(IReadOnlyList<string> arguments)
    {
        Dictionary<string, List<string>> values = new(StringComparer.Ordinal);
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            if (argument.Length < 2 || argument[0] != '-')
            {
                throw Wrong($"unexpected argument: {argument}");
            }

            string[] parts = argument.TrimStart('-').Split('=', 2);
            DaemonFlag flag = flags.FirstOrDefault(f => f.Name == parts[0]) ?? throw Wrong($"unknown flag: {argument.Split('=', 2)[0]}");
            string value;
            if (parts.Length == 2)
            {
                value = parts[1];
            }
            else if (flag.IsSwitch)
            {
                value = "true";
            }
            else if (i + 1 < arguments.Count)
            {
                value = arguments[++i];
            }
            else
            {
                throw Wrong($"flag needs an argument: --{flag.Name}");
            }

            if (!values.TryGetValue(flag.Name, out List<string>? list))
            {
                values.Add(flag.Name, list = []);
            }

            list.Add(value);
        }

        return values.ToDictionary(static pair => pair.Key, static IReadOnlyList<string> (pair) => pair.Value, StringComparer.Ordinal);
    }

    private static BuildException Wrong(string text) => new(ErrorKind.Input, "", "", text, "See 'cairn daemon --help'.");
}
