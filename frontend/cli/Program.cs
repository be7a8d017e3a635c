using Cairn.Cli.Commands;

namespace Cairn.Cli;

/// <summary>The command line's door.</summary>
internal static class Program
{
    public static Task<int> Main(string[] arguments) => CommandRun.RunAsync(arguments);
}
