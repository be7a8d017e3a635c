namespace Cairn.Cli.Settings;

/// <summary>What was typed cannot be meant: the text is shown as it is, with a pointer to --help.</summary>
internal sealed class UsageException(string message) : Exception(message);
