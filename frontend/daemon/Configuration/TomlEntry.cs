namespace Cairn.Daemon.Configuration;

/// <summary>A value of a configuration file.</summary>
/// <param name="Value">
/// A <see cref="string"/>, <see cref="long"/>, <see cref="double"/>, <see cref="bool"/>, a list of values, a <see cref="TomlTable"/>, or a
/// list of tables.
/// </param>
/// <param name="Line">Where it stands, from 1.</param>
internal sealed record TomlEntry(object Value, int Line);
