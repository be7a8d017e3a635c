using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Cairn.Integration.Tests.Explain;

/// <summary>A git daemon on a free port of the loopback interface, with repositories that a test writes.</summary>
internal sealed class GitServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _directory;

    private GitServer(Process process, string directory, int port)
    {
        _process = process;
        _directory = directory;
        Host = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
    }

    public string Host { get; }

    public static async Task<GitServer> StartAsync(string directory, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        int port = FreePort();
        string programs = (await CairnProgram.ExecAsync("git", "--exec-path")).Succeeded().Output.Trim();
        Process process = Process.Start(new ProcessStartInfo(
            Path.Combine(programs, "git-daemon"),
            ["--export-all", "--reuseaddr", $"--base-path={directory}", "--listen=127.0.0.1", string.Create(CultureInfo.InvariantCulture, $"--port={port}")]))
            ?? throw new InvalidOperationException("git-daemon did not start");
        for (int attempt = 0; ; attempt++)
        {
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                return new GitServer(process, directory, port);
            }
            catch (SocketException) when (attempt < 400 && !process.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);   // another process's start has no event to wait for
            }
        }
    }

    /// <summary>Commits one file to the branch <c>main</c> of a repository, which is made if it does not exist.</summary>
    /// <returns>The commit.</returns>
    public async Task<string> CommitAsync(string repository, string text)
    {
        string path = Path.Combine(_directory, repository);
        if (!Directory.Exists(path))
        {
            (await CairnProgram.ExecAsync("git", "init", "--quiet", "--initial-branch=main", path)).Succeeded();
        }

        await File.WriteAllTextAsync(Path.Combine(path, "file"), text);
        (await CairnProgram.ExecAsync("git", "-C", path, "add", "file")).Succeeded();
        (await CairnProgram.ExecAsync("git", "-C", path, "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-m", text)).Succeeded();
        return (await CairnProgram.ExecAsync("git", "-C", path, "rev-parse", "HEAD")).Succeeded().Output.Trim();
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
