namespace Cairn.Cli.Settings;

/// <summary>What `cairn debug` was asked for.</summary>
/// <param name="Root">The store; null for the default.</param>
/// <param name="Build">As typed; null is the newest build with a kept step.</param>
/// <param name="Step">Part of a step's name; null for any.</param>
/// <param name="Shell">Program to run; null for a usual shell.</param>
/// <param name="AdditionalStores">Other stores to look into.</param>
internal sealed record DebugSettings(string? Root, string? Build, string? Step, string? Shell, IReadOnlyList<string> AdditionalStores);
