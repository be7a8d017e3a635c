namespace Cairn.Cli.Settings;

/// <summary>What `cairn llb dump` was asked for; the file is "-" for the standard input.</summary>
internal sealed record LlbDumpSettings(string File, bool Dot);
