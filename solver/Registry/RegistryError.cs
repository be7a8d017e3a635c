using System.Net;
using System.Text;
using System.Text.Json;
using Cairn.Llb;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Registry;

/// <summary>What a registry says when it says no.</summary>
internal static class RegistryError
{
    private const int MaxBody = 64 * 1024;
    private const int MaxShown = 256;

    /// <summary>The messages of a registry error document, else its <c>details</c>, else the first 256 bytes of the body; empty if there is none.</summary>
    public static async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        byte[] body = new byte[MaxBody];
        int length = 0;
        try
        {
            await using Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            length = await stream.ReadAtLeastAsync(body, MaxBody, throwOnEndOfStream: false, cancellationToken);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            // The status is what matters; a torn explanation of it is no explanation.
            return "";
        }

        return Explain(body.AsMemory(0, length));
    }

    /// <summary>The failure of a request that was answered, but not with success.</summary>
    public static async Task<BuildException> FailureAsync(HttpResponseMessage response, string doing, string subject, CancellationToken cancellationToken)
    {
        string detail = await ReadAsync(response, cancellationToken);
        string because = detail.Length > 0 ? ": " + detail : "";
        int status = (int)response.StatusCode;
        return response.StatusCode switch
        {
            HttpStatusCode.Unauthorized => new ClientFaultException(
                ErrorKind.Environment, doing, subject, $"the registry refused access (401 unauthorized){because}", "Log in to the registry, or check the name.", null),
            HttpStatusCode.Forbidden => new ClientFaultException(
                ErrorKind.Environment, doing, subject, $"the registry forbids it (403 denied){because}", "Use an account that has the right to do this.", null),
            HttpStatusCode.NotFound => new BuildException(ErrorKind.Input, doing, subject, $"not found{because}", "Check the name and the tag.", null),
            HttpStatusCode.TooManyRequests => new BuildException(
                ErrorKind.Environment, doing, subject, $"the registry asks to wait (429 too many requests){because}", "Try again later, or log in.", null),
            _ => new BuildException(
                ErrorKind.Environment, doing, subject, $"the registry answered {status} {response.ReasonPhrase}{because}", null, null),
        };
    }

    private static string Explain(ReadOnlyMemory<byte> body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            JsonElement root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object)
            {
                if (root.TryGetProperty("errors", out JsonElement errors) && errors.ValueKind == JsonValueKind.Array)
                {
                    return string.Join("; ", errors.EnumerateArray().Select(Message).Where(text => text.Length > 0));
                }

                if (root.TryGetProperty("details", out JsonElement details))
                {
                    return details.ToString();
                }
            }
        }
        catch (JsonException)
        {
            // Not every answer comes from a registry; what stands there is shown as it is.
        }

        return Encoding.UTF8.GetString(body.Span[..Math.Min(body.Length, MaxShown)]).Trim();
    }

    private static string Message(JsonElement error)
    {
        if (error.ValueKind != JsonValueKind.Object)
        {
            return error.ToString();
        }

        string code = error.TryGetProperty("code", out JsonElement c) ? c.ToString() : "";
        string message = error.TryGetProperty("message", out JsonElement m) ? m.ToString() : "";
        return code.Length > 0 && message.Length > 0 ? $"{code}: {message}" : code + message;
    }
}
