using System.Diagnostics;

namespace Cairn.Snapshotter.Tests.Support;

/// <summary>Runs what a user would type.</summary>
public static class Shell
{
    public static string Run(string command, string directory = "/")
    {
        var start = new ProcessStartInfo("/bin/bash", ["-euc", command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory,
        };
        start.Environment["LC_ALL"] = "C.UTF-8";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{command}\nexit code {process.ExitCode}\n{output}{errors.Result}");
        }
        return output;
    }
}
