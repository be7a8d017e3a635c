using System.CommandLine;
using Cairn.Cli.Settings;

namespace Cairn.Cli.Commands;

/// <summary>`cairn info`: a daemon and its workers.</summary>
internal sealed class InfoCommandLine
{
    private readonly Option<string?> _address = DaemonOption.Create();

    public InfoCommandLine()
    {
        Command = new Command("info", "Show a daemon's version and its workers");
        Command.Options.Add(_address);
    }

    public Command Command { get; }

    /// <exception cref="UsageException">No daemon is named.</exception>
    public string Read(ParseResult parsed) => DaemonOption.Require(parsed, _address);
}
