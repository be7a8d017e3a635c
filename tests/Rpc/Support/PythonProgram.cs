using System.Diagnostics;
using System.Text.Json;

namespace Cairn.Rpc.Tests.Support;

/// <summary>A program of the stock library in a process of its own.</summary>
internal sealed class PythonProgram : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    private PythonProgram(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <param name="script">Its file name in the folder of programs.</param>
    /// <param name="arguments">What it is given.</param>
    public static PythonProgram Start(string script, params string[] arguments)
    {
        // The system's own interpreter: the library is one of its packages.
        var start = new ProcessStartInfo("/usr/bin/python3", [Path.Combine(AppContext.BaseDirectory, "Python", script), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return new PythonProgram(Process.Start(start)!);
    }

    public static async Task<JsonElement> CallAsync(string target, string scenario)
    {
        await using PythonProgram program = Start("client.py", target, scenario);
        return await program.ResultAsync();
    }

    public async Task<string> LineAsync() =>
        await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException($"the program ended: {await _errors}");

    public async Task TellAsync() => await _process.StandardInput.WriteLineAsync();

    public async Task<JsonElement> ResultAsync()
    {
        using JsonDocument document = JsonDocument.Parse(await LineAsync());
        return document.RootElement.Clone();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        await _errors;
        _process.Dispose();
    }
}
