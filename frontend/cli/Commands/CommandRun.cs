using Cairn.Cli.Errors;
using Cairn.Cli.Settings;

namespace Cairn.Cli.Commands;

/// <summary>One run of the program: the command, and how its failure is told.</summary>
internal static class CommandRun
{
    public const int Failed = 1;

    /// <returns>The exit code: 0, 1 on failure, 128 + the signal's number when a signal stopped it.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        try
        {
            return await new CairnCommandLine().RunAsync(arguments, CancellationToken.None);
        }
        catch (UsageException e)
        {
            await Console.Error.WriteLineAsync($"ERROR: {e.Message}\nSee '{CairnCommandLine.CommandPath(arguments)} --help'.");
            return Failed;
        }
        catch (Exception e)   // the top of Main: whatever it is, the person at the terminal hears of it
        {
            FailureReport.Write(Console.Error, e, view: null);
            return Failed;
        }
    }
}
