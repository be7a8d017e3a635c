using System.CommandLine;
using Cairn.Cli.Settings;

namespace Cairn.Cli.Commands;

/// <summary>`cairn attach` and `cairn wait`: what a daemon's build does, from its start, and how it ends.</summary>
internal sealed class WatchCommandLine
{
    private readonly Argument<string> _build = new("BUILD") { Description = "Id of the build at the daemon, as cairn build --detach prints it" };
    private readonly Option<string?> _address = DaemonOption.Create();
    private readonly Option<string> _progress = new("--progress") { HelpName = "MODE", Description = "auto, tty, plain or rawjson" };
    private readonly bool _isAttached;

    public WatchCommandLine(bool isAttached)
    {
        _isAttached = isAttached;
        Command = isAttached
            ? new Command("attach", "Show a build of a daemon until it ends, and exit as it does")
            : new Command("wait", "Wait until a build of a daemon has ended, and exit as it does");
        Command.Arguments.Add(_build);
        Command.Options.Add(_address);
        if (isAttached)
        {
            Command.Options.Add(_progress);
        }
    }

    public Command Command { get; }

    /// <exception cref="UsageException">No daemon is named, or the mode is unknown.</exception>
    public WatchSettings Read(ParseResult parsed) => new(
        DaemonOption.Require(parsed, _address),
        parsed.GetValue(_build) ?? throw new UsageException("a build is needed"),
        _isAttached ? BuildCommandLine.Mode(parsed.GetValue(_progress)) : null);
}
