using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Cairn.Llb.Credentials;
using Cairn.Protos.FileSync;
using Cairn.Rpc.Calls;

namespace Cairn.Client.Sessions;

/// <summary>Gets a token from the token service of a registry.</summary>
/// <remarks>Source: distribution, "Token authentication specification" and "OAuth2 token specification"; session.md, section 14.</remarks>
internal static class TokenFetcher
{
    private const int MostBytes = 1 << 20;

    private static readonly HttpClient Http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
    {
        MaxResponseContentBufferSize = MostBytes,
    };

    /// <exception cref="RpcException">The token service refuses, or cannot be reached.</exception>
    public static async Task<FetchTokenResponse> FetchAsync(
        FetchTokenRequest request, RegistryCredential? credential, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(request.Realm, UriKind.Absolute, out Uri? realm) || realm.Scheme is not ("https" or "http"))
        {
            throw new RpcException(StatusCode.InvalidArgument, $"the token service of {request.Host} has the address \"{request.Realm}\", which is no URL");
        }

        if (credential is not null && realm.Scheme == "http" && !realm.IsLoopback)
        {
            throw new RpcException(StatusCode.FailedPrecondition, $"the token service {realm.Authority} takes logins without TLS");
        }

        try
        {
            if (credential is null or { UserName.Length: > 0 })
            {
                using var get = new HttpRequestMessage(HttpMethod.Get, Query(realm, request, credential?.UserName));
                get.Headers.Authorization = credential is null ? null : Basic(credential);
                using HttpResponseMessage answer = await Http.SendAsync(get, cancellationToken);
                bool mayPost = credential is not null
                    && answer.StatusCode is HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotFound or HttpStatusCode.Unauthorized;
                if (!mayPost)
                {
                    return await ReadAsync(realm, answer, cancellationToken);
                }
            }

            using var post = new HttpRequestMessage(HttpMethod.Post, realm) { Content = new FormUrlEncodedContent(Form(request, credential!)) };
            using HttpResponseMessage posted = await Http.SendAsync(post, cancellationToken);
            return await ReadAsync(realm, posted, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new RpcException(StatusCode.Unavailable, $"the token service {realm.Authority} cannot be reached: {e.Message}", e);
        }
    }

    private static Uri Query(Uri realm, FetchTokenRequest request, string? account)
    {
        var query = new StringBuilder(realm.Query.TrimStart('?'));
        foreach ((string name, string value) in Fields())
        {
            query.Append(query.Length == 0 ? "" : "&").Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }

        return new UriBuilder(realm) { Query = query.ToString() }.Uri;

        IEnumerable<(string Name, string Value)> Fields()
        {
            if (request.Service.Length > 0)
            {
                yield return ("service", request.Service);
            }

            foreach (string scope in request.Scopes)
            {
                yield return ("scope", scope);
            }

            if (!string.IsNullOrEmpty(account))
            {
                yield return ("account", account);
            }
        }
    }

    private static Dictionary<string, string> Form(FetchTokenRequest request, RegistryCredential credential)
    {
        var form = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["client_id"] = request.ClientID.Length == 0 ? "buildkit-client" : request.ClientID,
            ["service"] = request.Service,
            ["scope"] = string.Join(' ', request.Scopes),
        };
        if (credential.UserName.Length == 0)
        {
            form["grant_type"] = "refresh_token";
            form["refresh_token"] = credential.Secret;
        }
        else
        {
            form["grant_type"] = "password";
            form["username"] = credential.UserName;
            form["password"] = credential.Secret;
        }

        return form;
    }

    private static AuthenticationHeaderValue Basic(RegistryCredential credential) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.UserName}:{credential.Secret}")));

    private static async Task<FetchTokenResponse> ReadAsync(Uri realm, HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        if (!answer.IsSuccessStatusCode)
        {
            StatusCode code = answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden ? StatusCode.Unauthenticated : StatusCode.Unavailable;
            throw new RpcException(code, $"the token service {realm.Authority} answered {(int)answer.StatusCode}");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancellationToken));
            JsonElement root = document.RootElement;
            string token = Text(root, "token") ?? Text(root, "access_token")
                ?? throw new RpcException(StatusCode.Unavailable, $"the token service {realm.Authority} answered without a token");
            long seconds = root.TryGetProperty("expires_in", out JsonElement expires) && expires.TryGetInt64(out long given) ? given : 0;
            bool dated = DateTimeOffset.TryParse(
                Text(root, "issued_at"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset issued);
            return new FetchTokenResponse { Token = token, ExpiresIn = seconds, IssuedAt = dated ? issued.ToUnixTimeSeconds() : 0 };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new RpcException(StatusCode.Unavailable, $"the token service {realm.Authority} answered with something that is no token document", e);
        }
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
}
