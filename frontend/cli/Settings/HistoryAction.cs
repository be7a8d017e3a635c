namespace Cairn.Cli.Settings;

/// <summary>What `cairn history` does.</summary>
internal enum HistoryAction
{
    List,
    Inspect,
    Logs,
    Remove,
    Export,
    Open,
}
