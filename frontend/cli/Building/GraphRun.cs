using System.Globalization;
using System.Text;
using Cairn.Cli.Settings;
using Cairn.Solver.Debugging;

namespace Cairn.Cli.Building;

/// <summary>`cairn debug graph`.</summary>
internal static class GraphRun
{
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(GraphSettings settings)
    {
        IReadOnlyList<ProcessWaits> processes = await WaitGraphs.ReadAsync(StoreLocation.For(settings.Root).Root, CancellationToken.None);
        await Console.Out.WriteAsync(settings.Json ? Encoding.UTF8.GetString(WaitGraphs.ToJson(processes)) + "\n" : Render(processes));
        return 0;
    }

    private static string Render(IReadOnlyList<ProcessWaits> processes)
    {
        StringBuilder text = new();
        foreach (ProcessWaits process in processes)
        {
            text.Append(process.Process is { } id ? string.Create(CultureInfo.InvariantCulture, $"process {id}") : $"instance {process.Instance}").Append(":\n");
            string waits = process.Problem is { } problem ? problem + "\n" : BuildWaits.Render(process.Builds);
            foreach (string line in waits.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                text.Append("  ").Append(line).Append('\n');
            }
        }

        return text.Length == 0 ? "no process has the store open\n" : text.ToString();
    }
}
