using Cairn.Cli.Settings;

namespace Cairn.Cli.Progress;

/// <summary>Chooses the display of a build.</summary>
internal static class Displays
{
    /// <summary>The display that the mode asks for; Auto looks at the standard error.</summary>
    public static IBuildDisplay Open(ProgressMode mode, BuildView view, DateTimeOffset now)
    {
        Stream error = Console.OpenStandardError();
        if (mode == ProgressMode.Auto)
        {
            mode = Console.IsErrorRedirected ? ProgressMode.Plain : ProgressMode.Tty;
        }

        return mode switch
        {
            ProgressMode.Tty => new TtyDisplay(Writer(error), view, TerminalSize, now, WantsColor()),
            ProgressMode.RawJson => new RawJsonDisplay(error, view),
            ProgressMode.Quiet => new QuietDisplay(view),
            _ => new PlainDisplay(Writer(error), view),
        };
    }

    private static StreamWriter Writer(Stream stream) => new(stream, bufferSize: 1 << 14) { AutoFlush = false, NewLine = "\n" };

    private static bool WantsColor() => string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    // A terminal that does not tell its size (a serial line, some CI systems) is taken for the classic one.
    private static (int Width, int Height) TerminalSize()
    {
        int width = Console.WindowWidth, height = Console.WindowHeight;
        return (width > 0 ? width : 80, height > 0 ? height : 24);
    }
}
