using System.CommandLine;
using Cairn.Cli.Settings;

namespace Cairn.Cli.Commands;

/// <summary>`cairn du`.</summary>
internal sealed class DiskUsageCommandLine
{
    private readonly Option<bool> _verbose = new("--verbose") { Description = "Show every field of every record" };
    private readonly Option<string> _format = new("--format") { HelpName = "FORMAT", Description = "table or json (one record a line)" };
    private readonly Option<string?> _address = DaemonOption.Create();
    private readonly Option<string?> _root;
    private readonly Option<string[]> _additionalStore;

    public DiskUsageCommandLine(Option<string?> root, Option<string[]> additionalStore)
    {
        _root = root;
        _additionalStore = additionalStore;
        Command = new Command("du", "Show what the store holds and how much disk it takes");
        Command.Options.Add(_verbose);
        Command.Options.Add(_format);
        Command.Options.Add(root);
        Command.Options.Add(_address);
        Command.Options.Add(additionalStore);
    }

    public Command Command { get; }

    /// <exception cref="UsageException">The format is unknown.</exception>
    public DiskUsageSettings Read(ParseResult parsed)
    {
        string format = parsed.GetValue(_format) ?? "table";
        return format is "table" or "json"
            ? new DiskUsageSettings(parsed.GetValue(_root), parsed.GetValue(_additionalStore) ?? [], parsed.GetValue(_verbose), format == "json")
            {
                Address = DaemonOption.Read(parsed, _address, _root, _additionalStore),
            }
            : throw new UsageException($"--format: unknown format '{format}' (table or json)");
    }
}
