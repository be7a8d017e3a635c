using System.Text.Json;

namespace Cairn.Solver.Execution;

/// <summary>Reads what a runtime wrote into its log: one JSON document a line.</summary>
internal static class RuntimeLog
{
    // How crun and runc begin to say that the program itself cannot be started, as opposed to the container.
    private static readonly string[] ProgramErrors = ["executable file", "open executable", "exec: ", "exec /", "exec `", "exec failed", "error executing", "no such file or directory: exec"];

    /// <summary>The last error; null if there is none.</summary>
    public static string? TryReadError(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        string? error = null;
        foreach (string line in File.ReadLines(path))
        {
            error = TryParse(line) ?? error;
        }

        return error;
    }

    /// <summary>The error is about the program to be run: the author of the build can act.</summary>
    public static bool IsAboutProgram(string error) =>
        ProgramErrors.Any(known => error.Contains(known, StringComparison.OrdinalIgnoreCase));

    /// <summary>The program is there, but may not be executed.</summary>
    public static bool IsPermission(string error) => error.Contains("permission denied", StringComparison.OrdinalIgnoreCase);

    private static string? TryParse(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement.TryGetProperty("level", out JsonElement level) && level.GetString() is "error" or "fatal"
                && document.RootElement.TryGetProperty("msg", out JsonElement message)
                ? message.GetString()
                : null;
        }
        catch (JsonException)
        {
            return null;   // not a message: libraries of the runtime may print there, too
        }
    }
}
