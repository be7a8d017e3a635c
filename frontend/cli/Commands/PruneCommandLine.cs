using System.CommandLine;
using System.Globalization;
using Cairn.Cli.Settings;

namespace Cairn.Cli.Commands;

/// <summary>`cairn prune`.</summary>
internal sealed class PruneCommandLine
{
    private readonly Option<bool> _all = new("--all", "-a") { Description = "Remove internal and frontend records too" };
    private readonly Option<bool> _force = new("--force", "-f") { Description = "Do not ask" };
    private readonly Option<string> _keepDuration = new("--keep-duration") { HelpName = "TIME", Description = "Keep what was used within this time, such as 30m, 48h or 7d" };
    private readonly Option<string> _maxUsed = new("--max-used-space") { HelpName = "SIZE", Description = "Remove only until the store is as small as this" };
    private readonly Option<string> _reserved = new("--reserved-space") { HelpName = "SIZE", Description = "Never go below this" };
    private readonly Option<string> _minFree = new("--min-free-space") { HelpName = "SIZE", Description = "Remove until this much of the disk is free" };
    private readonly Option<bool> _history = new("--history") { Description = "Remove the records of builds, too" };
    private readonly Option<string?> _address = DaemonOption.Create();
    private readonly Option<string?> _root;
    private readonly Option<string[]> _additionalStore;

    public PruneCommandLine(Option<string?> root, Option<string[]> additionalStore)
    {
        _root = root;
        _additionalStore = additionalStore;
        Command = new Command("prune", "Remove what no build is using from the store");
        foreach (Option option in (Option[])[_all, _force, _keepDuration, _maxUsed, _reserved, _minFree, _history, root, _address, additionalStore])
        {
            Command.Options.Add(option);
        }
    }

    public Command Command { get; }

    /// <exception cref="UsageException">A size or time cannot be read.</exception>
    public PruneSettings Read(ParseResult parsed) => new(
        parsed.GetValue(_root),
        parsed.GetValue(_additionalStore) ?? [],
        parsed.GetValue(_all),
        parsed.GetValue(_force),
        parsed.GetValue(_keepDuration) is { } duration ? Duration(duration) : null,
        Size(parsed, _maxUsed),
        Size(parsed, _reserved),
        Size(parsed, _minFree),
        parsed.GetValue(_history))
    {
        Address = DaemonOption.Read(parsed, _address, _root, _additionalStore),
    };

    private static long? Size(ParseResult parsed, Option<string> option) =>
        parsed.GetValue(option) is { } text ? ByteSize.Parse(text, option.Name) : null;

    private static TimeSpan Duration(string text)
    {
        double seconds = text.Length == 0 ? 0 : text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 };
        return seconds > 0 && double.TryParse(text.AsSpan()[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
            ? TimeSpan.FromSeconds(number * seconds)
            : throw new UsageException($"--keep-duration: invalid time '{text}' (examples: 90s, 30m, 48h, 7d)");
    }
}
