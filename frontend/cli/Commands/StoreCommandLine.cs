using System.CommandLine;
using Cairn.Cli.Settings;

namespace Cairn.Cli.Commands;

/// <summary>`cairn store verify` and `cairn store repair`.</summary>
internal sealed class StoreCommandLine
{
    private readonly Dictionary<Command, (Option<string> Format, Option<string?> Root)> _options = [];

    public StoreCommandLine()
    {
        Verify = Add("verify", "Compare everything in the store with its digests, manifests and rows");
        Repair = Add("repair", "Mend what verify finds: rebuild what can be proven, drop the rest");
        Command = new Command("store", "Check or mend the store") { Verify, Repair };
    }

    public Command Command { get; }

    public Command Verify { get; }

    public Command Repair { get; }

    /// <exception cref="UsageException">The format is unknown.</exception>
    public StoreSettings Read(ParseResult parsed)
    {
        (Option<string> formatOption, Option<string?> root) = _options[parsed.CommandResult.Command];
        string format = parsed.GetValue(formatOption) ?? "text";
        return format is "text" or "json"
            ? new StoreSettings(parsed.GetValue(root), format == "json")
            : throw new UsageException($"--format: unknown format '{format}' (text or json)");
    }

    private Command Add(string name, string description)
    {
        var format = new Option<string>("--format") { HelpName = "FORMAT", Description = "text or json (one object)" };
        Option<string?> root = CairnCommandLine.RootOption();
        var command = new Command(name, description) { format, root };
        _options.Add(command, (format, root));
        return command;
    }
}
