using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Cairn.Solver.Tests.Transfer;

/// <summary>A real docker-registry on a loopback port, with storage of its own.</summary>
public sealed class RegistryProcess : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private Process? _process;
    private Task _draining = Task.CompletedTask;

    /// <summary>As references name it: <c>127.0.0.1:PORT</c>.</summary>
    public string Host { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        for (int attempt = 0; !await StartAsync(FreePort()); attempt++)
        {
            Assert.True(attempt < 5, "docker-registry does not start");   // another process may have taken the port
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            await _draining;
            _process.Dispose();
        }

        _directory.Dispose();
    }

    private async Task<bool> StartAsync(int port)
    {
        Host = $"127.0.0.1:{port}";
        string config = _directory["config.yml"];
        await File.WriteAllTextAsync(config, $"""
            version: 0.1
            log:
              level: info
            storage:
              filesystem:
                rootdirectory: {_directory["storage"]}
              delete:
                enabled: true
            http:
              addr: {Host}
            """);
        _process = Process.Start(new ProcessStartInfo("docker-registry", ["serve", config]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        _process.OutputDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            if (line.Contains("listening on", StringComparison.Ordinal))
            {
                _draining = _process.StandardError.ReadToEndAsync();   // a full pipe would stop the registry
                return true;
            }
        }

        _process.Dispose();
        _process = null;
        return false;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
