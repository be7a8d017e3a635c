using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net;
using System.Text.Json;
using System.Text;
using Cairn.Llb;
using Cairn.Llb.Credentials;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Registry;

/// <summary>Gets and remembers what to put into <c>Authorization</c>, for one holder of credentials.</summary>
/// <remarks>Source: distribution, "Token authentication specification" and "OAuth2 token specification".</remarks>
internal sealed class RegistryAuthorizer(IRegistryCredentials credentials, TimeProvider clock)
{
    private const string ClientId = "cairn";
    private const double Share = 0.9;   // of a token's lifetime, in which it is used
    private readonly ConcurrentDictionary<string, Grant> _grants = new(StringComparer.Ordinal);

    private sealed record Grant(AuthenticationHeaderValue Header, DateTimeOffset Expires);

    /// <summary>What is already known to open <paramref name="scope"/> at <paramref name="host"/>; null when nothing is.</summary>
    public AuthenticationHeaderValue? TryGet(string host, RegistryScope scope) =>
        TryGet(BasicKey(host)) ?? TryGet(BearerKey(host, scope));

    /// <summary>Answers a 401; <c>send</c> reaches the token service without authorisation of its own. Null when there is nothing (more) to try.</summary>
    /// <exception cref="BuildException">The token service could not be used.</exception>
    public async Task<AuthenticationHeaderValue?> AnswerAsync(
        string host,
        RegistryScope scope,
        bool plainHttp,
        IReadOnlyList<AuthChallenge> challenges,
        Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> send,
        CancellationToken cancellationToken)
    {
        if (challenges.FirstOrDefault(challenge => challenge.IsBearer) is { } bearer && bearer["realm"] is { } realm)
        {
            _grants.TryRemove(BearerKey(host, scope), out _);
            if (await credentials.FetchTokenAsync(new TokenRequest(host, realm, bearer["service"] ?? "", scope.Texts), cancellationToken) is { } token)
            {
                return Remember(
                    BearerKey(host, scope), new Grant(new AuthenticationHeaderValue("Bearer", token.Token), token.Issued + (token.Lifetime * Share)));
            }

            RegistryCredential? credential = await credentials.GetAsync(RegistryEndpoint.CredentialHost(host), cancellationToken);
            Grant? grant = await FetchTokenAsync(host, scope, plainHttp, realm, bearer["service"], credential, send, cancellationToken);
            return Remember(BearerKey(host, scope), grant);
        }

        if (challenges.Any(challenge => challenge.IsBasic))
        {
            bool tried = _grants.TryRemove(BasicKey(host), out _);
            RegistryCredential? credential = tried ? null : await credentials.GetAsync(RegistryEndpoint.CredentialHost(host), cancellationToken);
            return credential is { UserName.Length: > 0 }
                ? Remember(BasicKey(host), new Grant(Basic(credential), DateTimeOffset.MaxValue))
                : null;
        }

        return null;
    }

    private async Task<Grant?> FetchTokenAsync(
        string host,
        RegistryScope scope,
        bool plainHttp,
        string realm,
        string? service,
        RegistryCredential? credential,
        Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> send,
        CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(realm, UriKind.Absolute, out Uri? uri) || (uri.Scheme != Uri.UriSchemeHttps && uri.Scheme != Uri.UriSchemeHttp))
        {
            throw Failure(host, $"its token service has the address \"{realm}\", which is no URL", null);
        }

        if (credential is not null && uri.Scheme == Uri.UriSchemeHttp && !plainHttp && !RegistryEndpoint.IsLoopback(uri.Authority))
        {
            throw Failure(host, $"its token service {uri.Authority} takes credentials without TLS", "Use a registry whose token service has TLS.");
        }

        bool identity = credential is { UserName.Length: 0, Secret.Length: > 0 };
        HttpStatusCode status = HttpStatusCode.Unauthorized;
        if (!identity)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, TokenUri(uri, service, scope, credential?.UserName));
            request.Headers.Authorization = credential is { Secret.Length: > 0 } ? Basic(credential) : null;
            using HttpResponseMessage response = await send(request, cancellationToken);
            status = response.StatusCode;
            if (response.IsSuccessStatusCode)
            {
                return await ReadTokenAsync(host, response, cancellationToken);
            }

            bool post = credential is { Secret.Length: > 0 }
                && status is HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotFound or HttpStatusCode.Unauthorized;
            if (!post)
            {
                return Refused(host, status, await RegistryError.ReadAsync(response, cancellationToken));
            }
        }

        using var form = new HttpRequestMessage(HttpMethod.Post, uri) { Content = new FormUrlEncodedContent(TokenForm(service, scope, credential!)) };
        using HttpResponseMessage answer = await send(form, cancellationToken);
        return answer.IsSuccessStatusCode
            ? await ReadTokenAsync(host, answer, cancellationToken)
            : Refused(host, answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed ? status : answer.StatusCode, await RegistryError.ReadAsync(answer, cancellationToken));
    }

    /// <summary>A refusal leaves the 401 standing, which the caller reports; anything else is a fault of the token service.</summary>
    private static Grant? Refused(string host, HttpStatusCode status, string detail) =>
        status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.BadRequest
            ? null
            : throw Failure(host, $"its token service answered {(int)status}{(detail.Length > 0 ? ": " + detail : "")}", null);

    private async Task<Grant?> ReadTokenAsync(string host, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        byte[] body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            JsonElement root = document.RootElement;
            string? token = Text(root, "token") ?? Text(root, "access_token");
            if (string.IsNullOrEmpty(token))
            {
                throw Failure(host, "its token service answered without a token", null);
            }

            int seconds = root.TryGetProperty("expires_in", out JsonElement expires) && expires.TryGetInt32(out int given) && given > 0 ? given : 60;
            return new Grant(new AuthenticationHeaderValue("Bearer", token), clock.GetUtcNow() + TimeSpan.FromSeconds(seconds * Share));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Failure(host, "its token service answered with something that is not a token document", null, e);
        }
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static Uri TokenUri(Uri realm, string? service, RegistryScope scope, string? account)
    {
        var query = new StringBuilder(realm.Query.TrimStart('?'));
        Add(query, "account", string.IsNullOrEmpty(account) ? null : account);
        foreach (string text in scope.Texts)
        {
            Add(query, "scope", text);
        }

        Add(query, "service", service);
        return new UriBuilder(realm) { Query = query.ToString() }.Uri;
    }

    private static void Add(StringBuilder query, string name, string? value)
    {
        if (value is not null)
        {
            query.Append(query.Length > 0 ? "&" : "").Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> TokenForm(string? service, RegistryScope scope, RegistryCredential credential)
    {
        bool identity = credential.UserName.Length == 0;
        yield return new("grant_type", identity ? "refresh_token" : "password");
        yield return new("service", service ?? "");
        yield return new("client_id", ClientId);
        yield return new("scope", scope.ToString());
        if (identity)
        {
            yield return new("refresh_token", credential.Secret);
        }
        else
        {
            yield return new("username", credential.UserName);
            yield return new("password", credential.Secret);
        }
    }

    private static AuthenticationHeaderValue Basic(RegistryCredential credential) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(credential.UserName + ":" + credential.Secret)));

    private AuthenticationHeaderValue? TryGet(string key) =>
        _grants.TryGetValue(key, out Grant? grant) && grant.Expires > clock.GetUtcNow() ? grant.Header : null;

    private AuthenticationHeaderValue? Remember(string key, Grant? grant)
    {
        if (grant is not null)
        {
            _grants[key] = grant;
        }

        return grant?.Header;
    }

    private static string BasicKey(string host) => "basic " + host;

    private static string BearerKey(string host, RegistryScope scope) => string.Create(CultureInfo.InvariantCulture, $"bearer {host} {scope}");

    private static BuildException Failure(string host, string reason, string? remedy, Exception? inner = null) =>
        new(ErrorKind.Environment, "log in to registry", host, reason, remedy, inner);
}
