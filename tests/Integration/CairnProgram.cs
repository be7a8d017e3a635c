using System.Diagnostics;
using System.Text;

namespace Cairn.Integration.Tests;

/// <summary>Runs ./cairn as a person would: the launcher, in a process of its own.</summary>
internal static class CairnProgram
{
    /// <summary>Longest a command of these tests may take; a hang is a failure that names the command.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    public static string SourceRoot { get; } = FindRoot();

    public static string Launcher { get; } = Path.Combine(SourceRoot, "cairn");

    /// <summary>Runs cairn to its end.</summary>
    public static Task<Finished> RunAsync(params IReadOnlyList<string> arguments) => RunAsync(new Invocation(Launcher, arguments));

    /// <summary>Runs any program to its end; a test that expects success says so with <see cref="Finished.Succeeded"/>.</summary>
    public static Task<Finished> ExecAsync(string program, params IReadOnlyList<string> arguments) => RunAsync(new Invocation(program, arguments));

    public static async Task<Finished> RunAsync(Invocation invocation)
    {
        using Process process = Start(invocation);
        return await WaitAsync(process, invocation);
    }

    /// <summary>Starts and does not wait. Whoever calls it waits or kills.</summary>
    public static Process Start(Invocation invocation)
    {
        var start = new ProcessStartInfo(invocation.Program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = invocation.Directory ?? SourceRoot,
            StandardOutputEncoding = Encoding.Latin1,   // archives go through it
        };
        foreach (string argument in invocation.Arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Remove("SOURCE_DATE_EPOCH");
        foreach ((string name, string value) in invocation.Environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"{invocation.Program} did not start");
    }

    public static async Task<Finished> WaitAsync(Process process, Invocation invocation)
    {
        using CancellationTokenSource deadline = new(Patience);
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Task<string> error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        await process.StandardInput.BaseStream.WriteAsync(invocation.Input, CancellationToken.None);
        process.StandardInput.Close();
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{invocation} did not end within {Patience}: {await error}");
        }

        return new Finished(invocation.ToString(), process.ExitCode, await output, await error);
    }

    private static string FindRoot()
    {
        for (string? folder = AppContext.BaseDirectory; !string.IsNullOrEmpty(folder); folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Build.sln")))
            {
                return folder;
            }
        }

        throw new DirectoryNotFoundException("No Build.sln above the test program.");
    }
}
