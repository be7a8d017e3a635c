using System.Net;
using System.Text;
using Cairn.Llb;

namespace Cairn.Daemon.Telemetry;

/// <summary>Pages for operators over HTTP: metrics, health, what builds wait for, and a collection on request.</summary>
internal sealed class OperatorPages : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly IReadOnlyDictionary<string, Func<CancellationToken, Task<string>>> _pages;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _loop;

    /// <summary>Listens.</summary>
    /// <param name="address">HOST:PORT; no host is every one.</param>
    /// <param name="pages">By path.</param>
    /// <exception cref="BuildException">Environment: the address is taken, or is none.</exception>
    public OperatorPages(string address, IReadOnlyDictionary<string, Func<CancellationToken, Task<string>>> pages)
    {
        _pages = pages;
        string rest = address.StartsWith("tcp://", StringComparison.Ordinal) ? address["tcp://".Length..] : address;
        try
        {
            _listener.Prefixes.Add(rest.StartsWith(':') || rest.StartsWith("0.0.0.0:", StringComparison.Ordinal)
                ? $"http://+{rest[rest.LastIndexOf(':')..]}/"
                : $"http://{rest}/");
            _listener.Start();
        }
        catch (Exception e) when (e is HttpListenerException or ArgumentException)
        {
            throw new BuildException(ErrorKind.Environment, "listen on", address, e.Message, "--debugaddr takes HOST:PORT.", e);
        }

        _loop = Task.Run(RunAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _loop;
        _listener.Close();
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                _ = Task.Run(() => AnswerAsync(context));
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                if (_stopping.IsCancellationRequested || !_listener.IsListening)
                {
                    return;
                }
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            string text;
            try
            {
                (context.Response.StatusCode, text) = _pages.TryGetValue(context.Request.Url?.AbsolutePath ?? "", out Func<CancellationToken, Task<string>>? page)
                    ? (200, await page(_stopping.Token))
                    : (404, string.Join('\n', _pages.Keys.Order(StringComparer.Ordinal)) + "\n");
            }
            catch (Exception e) when (e is BuildException or IOException)
            {
                (context.Response.StatusCode, text) = (500, e.Message + "\n");
            }

            byte[] body = Encoding.UTF8.GetBytes(text);
            context.Response.ContentType = text.StartsWith('{') ? "application/json" : "text/plain; version=0.0.4; charset=utf-8";
            context.Response.ContentLength64 = body.Length;
            await context.Response.OutputStream.WriteAsync(body, _stopping.Token);
            context.Response.Close();
        }
        catch (Exception e) when (e is HttpListenerException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            context.Response.Abort();   // the reader has gone
        }
    }
}
