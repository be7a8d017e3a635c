using System.Diagnostics;
using System.Text;
using Cairn.Llb;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Sources;

/// <summary>Runs git so that nothing of the machine or its user has a part in it: no configuration, no prompts, a fixed umask.</summary>
internal sealed class GitCommand(string home, string remote, string? authorization, Action<string> log)
{
    private static readonly string[] Settings =
        ["-c", "protocol.file.allow=user", "-c", "advice.detachedHead=false", "-c", "init.defaultBranch=main", "-c", "safe.directory=*"];

    /// <summary>Runs git; its errors go to the build's log.</summary>
    /// <returns>What it printed.</returns>
    /// <exception cref="BuildException">It failed, or there is no git.</exception>
    public async Task<string> RunAsync(string directory, string doing, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        (int code, string output, string errors) = await TryRunAsync(directory, arguments, cancellationToken);
        return code == 0
            ? output
            : throw Failure(doing, $"git {arguments[0]} ended with code {code}: {errors.Trim()}");
    }

    // Git does not say whether it was for the login; where one was used, another client's may do.
    private BuildException Failure(string doing, string reason)
    {
        const string Remedy = "Check the address, the ref and the login.";
        return remote.StartsWith("http", StringComparison.Ordinal)
            ? new ClientFaultException(ErrorKind.Environment, doing, remote, reason, Remedy)
            : new BuildException(ErrorKind.Environment, doing, remote, reason, Remedy);
    }

    /// <summary>Runs git, and leaves its exit code to the caller.</summary>
    public async Task<(int Code, string Output, string Errors)> TryRunAsync(string directory, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("sh", ["-c", "umask 022; exec git \"$@\"", "git", .. Settings, .. arguments])
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        SetEnvironment(start);
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        await using CancellationTokenRegistration kill = cancellationToken.Register(() => process.Kill(entireProcessTree: true));
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = new StringBuilder();
        while (await process.StandardError.ReadLineAsync(CancellationToken.None) is { } line)
        {
            errors.AppendLine(line);
            log(line);
        }

        await process.WaitForExitAsync(CancellationToken.None);
        cancellationToken.ThrowIfCancellationRequested();
        return process.ExitCode == 127
            ? throw new BuildException(ErrorKind.Environment, "run", "git", "it is not installed", "Install the package git.")
            : (process.ExitCode, await output, errors.ToString());
    }

    private void SetEnvironment(ProcessStartInfo start)
    {
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("GIT_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["HOME"] = home;
        start.Environment["XDG_CONFIG_HOME"] = home;
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        start.Environment["LC_ALL"] = "C";
        if (authorization is not null)
        {
            // In the environment, not on the command line: other users can read the latter.
            start.Environment["GIT_CONFIG_COUNT"] = "1";
            start.Environment["GIT_CONFIG_KEY_0"] = $"http.{Scope(remote)}.extraheader";
            start.Environment["GIT_CONFIG_VALUE_0"] = "Authorization: " + authorization;
        }
    }

    /// <summary>Where the login is sent: the repository itself, on github.com the whole host, whose releases and modules share it.</summary>
    private static string Scope(string remote) =>
        Uri.TryCreate(remote, UriKind.Absolute, out Uri? uri) && uri.Host == "github.com" ? $"{uri.Scheme}://{uri.Authority}/" : remote;
}
