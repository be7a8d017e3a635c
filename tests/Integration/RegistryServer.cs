using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Cairn.Integration.Tests;

/// <summary>A docker-registry on a free port of the loopback interface.</summary>
internal sealed class RegistryServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly List<string> _log = [];   // guarded by itself

    private RegistryServer(Process process, int port)
    {
        _process = process;
        Host = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
    }

    public string Host { get; }

    /// <summary>Requests so far that sent something: method, path.</summary>
    public IReadOnlyList<string> Uploads
    {
        get
        {
            lock (_log)
            {
                return [.. _log.Where(l => l.Contains("http.request.method=PUT", StringComparison.Ordinal) || l.Contains("http.request.method=PATCH", StringComparison.Ordinal)
                    || l.Contains("http.request.method=POST", StringComparison.Ordinal)).Where(l => l.Contains("blobs/uploads", StringComparison.Ordinal))];
            }
        }
    }

    public static async Task<RegistryServer> StartAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        int port = FreePort();
        string configuration = workspace.Write("registry.yml",
            $$"""
            version: 0.1
            log: { level: info, formatter: text }
            storage: { filesystem: { rootdirectory: {{workspace.In("registry")}} }, delete: { enabled: true } }
            http: { addr: "127.0.0.1:{{port}}" }
            """);
        var start = new ProcessStartInfo("docker-registry", ["serve", configuration]) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process process = Process.Start(start) ?? throw new InvalidOperationException("docker-registry did not start");
        var server = new RegistryServer(process, port);
        process.OutputDataReceived += (_, line) => server.Keep(line.Data);
        process.ErrorDataReceived += (_, line) => server.Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await server.WaitUntilItListensAsync(cancellationToken);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        lock (_log)
        {
            _log.Add(line ?? "");
        }
    }

    private async Task WaitUntilItListensAsync(CancellationToken cancellationToken)
    {
        using HttpClient client = new();
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                using HttpResponseMessage answer = await client.GetAsync(new Uri($"http://{Host}/v2/"), cancellationToken);
                return;
            }
            catch (HttpRequestException) when (attempt < 200 && !_process.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);   // another process's start has no event to wait for
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
