namespace Cairn.Cli.Settings;

/// <summary>What `cairn attach` or `cairn wait` was asked for.</summary>
/// <param name="Address">The daemon.</param>
/// <param name="Build">Id of the build there.</param>
/// <param name="Progress">How the build is shown; null for not at all.</param>
internal sealed record WatchSettings(string Address, string Build, ProgressMode? Progress);
