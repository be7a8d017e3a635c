using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Cairn.Llb;

namespace Cairn.Solver.Registry;

/// <summary>One registry: where it is, how many requests it gets at once, and how a request to it is authorised, redirected and tried again.</summary>
internal sealed class RegistryConnection(string host, bool insecure, RegistryOptions options, HttpMessageInvoker http) : IDisposable
{
    private const int MaxRedirects = 10;
    private readonly SemaphoreSlim _transfers = new(options.MaxTransfersPerRegistry);
    private readonly SemaphoreSlim _documents = new(options.MaxTransfersPerRegistry + 1);
    private readonly bool _loopback = RegistryEndpoint.IsLoopback(host);
    private volatile string? _scheme;   // what an insecure registry turned out to speak; set once by whoever finds out

    /// <summary>The registry as references name it.</summary>
    public string Host => host;

    /// <summary>The registry as requests and credentials name it.</summary>
    public string RequestHost { get; } = RegistryEndpoint.RequestHost(host);

    private string Scheme => _loopback ? Uri.UriSchemeHttp : _scheme ?? Uri.UriSchemeHttps;

    /// <summary>Takes one of the slots for blobs; give it back by disposing.</summary>
    public Task<IDisposable> EnterTransferAsync(CancellationToken cancellationToken) => EnterAsync(_transfers, cancellationToken);

    /// <summary>Takes one of the slots for manifests and configs; give it back by disposing.</summary>
    public Task<IDisposable> EnterDocumentAsync(CancellationToken cancellationToken) => EnterAsync(_documents, cancellationToken);

    /// <summary>Sends a call, and again while its failure may pass. The answer may have any status but those.</summary>
    /// <exception cref="BuildException">No answer could be had.</exception>
    public async Task<HttpResponseMessage> SendAsync(RegistryCall call, RegistryAccess access, RegistryAuthorizer authorizer, CancellationToken cancellationToken)
    {
        for (int attempt = 0; ; attempt++)
        {
            bool last = attempt == options.Retries || !call.Repeatable;
            string fault;
            TimeSpan delay = Backoff(attempt);
            try
            {
                HttpResponseMessage response = await SendAuthorizedAsync(call, authorizer, cancellationToken);
                if (last || !RegistryFault.MayPass(response.StatusCode))
                {
                    return response;
                }

                TimeSpan? asked = RetryAfter(response);
                if (asked > options.MaxRetryDelay * 8)
                {
                    return response;
                }

                delay = asked ?? delay;
                fault = string.Create(CultureInfo.InvariantCulture, $"{(int)response.StatusCode} {response.ReasonPhrase}");
                response.Dispose();
            }
            catch (Exception e) when (RegistryFault.IsTransport(e))
            {
                if (SwitchToPlainHttp(e))
                {
                    attempt--;
                    continue;
                }

                if (last || !RegistryFault.MayPass(e))
                {
                    throw RegistryFault.Explain(e, call.Doing, call.Subject, RequestHost);
                }

                fault = e.Message;
            }

            await PauseAsync(delay, call.Subject + ": " + fault, access, cancellationToken);
        }
    }

    /// <summary>Waits before another attempt, and says so in the build's log.</summary>
    public async Task PauseAsync(TimeSpan delay, string fault, RegistryAccess access, CancellationToken cancellationToken)
    {
        access.Notice?.Invoke("error: " + fault);
        access.Notice?.Invoke(string.Create(CultureInfo.InvariantCulture, $"retrying in {delay.TotalSeconds:0.###}s"));
        await Task.Delay(delay, options.Clock, cancellationToken);
    }

    /// <summary>The wait after the given failed attempt, counted from zero.</summary>
    public TimeSpan Backoff(int attempt)
    {
        TimeSpan delay = options.RetryDelay * Math.Pow(2, attempt);
        return delay < options.MaxRetryDelay ? delay : options.MaxRetryDelay;
    }

    /// <summary>The absolute address of a path, or of what the registry gave as a location.</summary>
    public Uri Address(string pathOrUri) =>
        Uri.TryCreate(pathOrUri, UriKind.Absolute, out Uri? absolute) && absolute.Scheme != Uri.UriSchemeFile
            ? absolute
            : new Uri(new Uri(Scheme + "://" + RequestHost), pathOrUri);

    public void Dispose()
    {
        _transfers.Dispose();
        _documents.Dispose();
    }

    private async Task<HttpResponseMessage> SendAuthorizedAsync(RegistryCall call, RegistryAuthorizer authorizer, CancellationToken cancellationToken)
    {
        AuthenticationHeaderValue? authorization = authorizer.TryGet(RequestHost, call.Scope);
        HttpResponseMessage response = await FollowAsync(call, authorization, cancellationToken);
        if (response.StatusCode != HttpStatusCode.Unauthorized)
        {
            return response;
        }

        AuthenticationHeaderValue? answer = await authorizer.AnswerAsync(
            RequestHost, call.Scope, Scheme == Uri.UriSchemeHttp, AuthChallenge.Read(response.Headers), SendToTokenServiceAsync, cancellationToken);
        if (answer is null)
        {
            return response;
        }

        response.Dispose();
        return await FollowAsync(call, answer, cancellationToken);
    }

    private async Task<HttpResponseMessage> SendToTokenServiceAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await SendOnceAsync(request, null, cancellationToken);
        if (RegistryFault.MayPass(response.StatusCode))
        {
            using (response)
            {
                throw new HttpRequestException($"the token service answered {(int)response.StatusCode}", null, response.StatusCode);
            }
        }

        return response;
    }

    /// <summary>Sends, following redirects of reads; what authorises at the registry is shown to no other host.</summary>
    private async Task<HttpResponseMessage> FollowAsync(RegistryCall call, AuthenticationHeaderValue? authorization, CancellationToken cancellationToken)
    {
        Uri origin = Address(call.Path);
        Uri home = new(Scheme + "://" + RequestHost);
        Uri uri = origin;
        for (int hops = 0; ; hops++)
        {
            HttpResponseMessage response = await SendOnceAsync(() => Message(call, uri, SameOrigin(home, uri) ? authorization : null), call.Content, cancellationToken);
            bool read = call.Method == HttpMethod.Get || call.Method == HttpMethod.Head;
            if (!read || !IsRedirect(response.StatusCode) || response.Headers.Location is not { } location)
            {
                return response;
            }

            response.Dispose();
            if (hops == MaxRedirects)
            {
                throw new BuildException(ErrorKind.Environment, call.Doing, call.Subject, $"the registry {RequestHost} redirects in a circle", null, null);
            }

            uri = new Uri(uri, location);
        }
    }

    private static HttpRequestMessage Message(RegistryCall call, Uri uri, AuthenticationHeaderValue? authorization)
    {
        var message = new HttpRequestMessage(call.Method, uri);
        message.Headers.Authorization = authorization;
        call.Prepare?.Invoke(message);
        return message;
    }

    private async Task<HttpResponseMessage> SendOnceAsync(Func<HttpRequestMessage> make, Func<Action, HttpContent>? content, CancellationToken cancellationToken)
    {
        using HttpRequestMessage message = make();
        return await SendOnceAsync(message, content, cancellationToken);
    }

    private async Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage message, Func<Action, HttpContent>? content, CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(options.SilenceTimeout, options.Clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
        if (content is not null)
        {
            message.Content = content(() => silence.CancelAfter(options.SilenceTimeout));
        }

        message.Version = HttpVersion.Version11;
        message.Headers.TryAddWithoutValidation("User-Agent", options.UserAgent);
        try
        {
            return await http.SendAsync(message, both.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw RegistryFault.Silence(options.SilenceTimeout);
        }
    }

    private bool SwitchToPlainHttp(Exception e)
    {
        bool hasPort = new Uri("http://" + RequestHost).Authority.Contains(':', StringComparison.Ordinal);
        if (!insecure || Scheme == Uri.UriSchemeHttp || !RegistryFault.SuggestsPlainHttp(e, hasPort))
        {
            return false;
        }

        _scheme = Uri.UriSchemeHttp;
        return true;
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - options.Clock.GetUtcNow() is { Ticks: > 0 } wait ? wait : TimeSpan.Zero,
        _ => null,
    };

    private static bool SameOrigin(Uri a, Uri b) =>
        a.Scheme == b.Scheme && a.Port == b.Port && string.Equals(a.Host, b.Host, StringComparison.OrdinalIgnoreCase);

    private static bool IsRedirect(HttpStatusCode status) => (int)status is 301 or 302 or 303 or 307 or 308;

    private static async Task<IDisposable> EnterAsync(SemaphoreSlim slots, CancellationToken cancellationToken)
    {
        await slots.WaitAsync(cancellationToken);
        return new Slot(slots);
    }

    private sealed class Slot(SemaphoreSlim slots) : IDisposable
    {
        private SemaphoreSlim? _slots = slots;

        public void Dispose() => Interlocked.Exchange(ref _slots, null)?.Release();
    }
}
