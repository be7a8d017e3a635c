namespace Cairn.Cli.Settings;

/// <summary>How a build shows what it does; Auto is Tty on a terminal and Plain elsewhere.</summary>
internal enum ProgressMode
{
    Auto,
    Tty,
    Plain,
    RawJson,
    Quiet,
}
