using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Cairn.Llb.Credentials;

/// <summary>Credentials from docker's configuration file and the helpers it names.</summary>
/// <remarks>Source: docker/cli, "docker login", sections on config.json, credsStore and credHelpers. The file is read when it is first needed.</remarks>
public sealed class DockerConfig
{
    private const string HubKey = "https://index.docker.io/v1/";
    private const string HubHost = "registry-1.docker.io";
    private const string TokenUser = "<token>";
    private readonly Lazy<JsonElement> _root;
    private readonly ConcurrentDictionary<string, Task<RegistryCredential?>> _answers = new(StringComparer.Ordinal);

    /// <param name="path">The file; it need not exist.</param>
    public DockerConfig(string path) => _root = new Lazy<JsonElement>(() => Read(path));

    /// <summary>The configuration of whoever runs this: <c>$DOCKER_CONFIG/config.json</c>, else <c>~/.docker/config.json</c>.</summary>
    public static DockerConfig Default()
    {
        string? directory = Environment.GetEnvironmentVariable("DOCKER_CONFIG");
        if (string.IsNullOrEmpty(directory))
        {
            directory = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".docker");
        }

        return new DockerConfig(Path.Combine(directory, "config.json"));
    }

    /// <summary>The login for a registry; null if there is none.</summary>
    /// <param name="host">Host with port where it has one; all names of Docker Hub are one.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="BuildException">The file is not JSON, or a helper failed.</exception>
    public Task<RegistryCredential?> GetAsync(string host, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        string key = host is "docker.io" or "index.docker.io" or HubHost ? HubKey : host;
        return _answers.GetOrAdd(key, LookUpAsync).WaitAsync(cancellationToken);
    }

    private async Task<RegistryCredential?> LookUpAsync(string key)
    {
        JsonElement root = _root.Value;
        if (Member(root, "credHelpers") is { } helpers && Text(helpers, key) is { Length: > 0 } own)
        {
            return await AskHelperAsync(own, key);
        }

        if (Text(root, "credsStore") is { Length: > 0 } store && await AskHelperAsync(store, key) is { } stored)
        {
            return stored;
        }

        return Member(root, "auths") is { } auths ? FromFile(auths, key) : null;
    }

    private static RegistryCredential? FromFile(JsonElement auths, string key)
    {
        foreach (JsonProperty entry in auths.EnumerateObject())
        {
            if (entry.Value.ValueKind != JsonValueKind.Object || (entry.Name != key && HostOf(entry.Name) != HostOf(key)))
            {
                continue;
            }

            if (Text(entry.Value, "identitytoken") is { Length: > 0 } identity)
            {
                return new RegistryCredential("", identity);
            }

            if (Text(entry.Value, "auth") is { Length: > 0 } auth)
            {
                return Decode(auth, key);
            }

            if (Text(entry.Value, "username") is { Length: > 0 } user)
            {
                return new RegistryCredential(user, Text(entry.Value, "password") ?? "");
            }
        }

        return null;
    }

    private static RegistryCredential Decode(string auth, string key)
    {
        byte[] bytes = new byte[auth.Length];
        string text = Convert.TryFromBase64String(auth, bytes, out int length) ? Encoding.UTF8.GetString(bytes, 0, length).TrimEnd('\0') : "";
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0
            ? new RegistryCredential(text[..colon], text[(colon + 1)..])
            : throw Failure(key, "the entry \"auth\" in docker's config.json is not base64 of user:password", null);
    }

    /// <summary>Host of an entry that may be written as a URL.</summary>
    private static string HostOf(string entry)
    {
        int scheme = entry.IndexOf("://", StringComparison.Ordinal);
        string rest = scheme < 0 ? entry : entry[(scheme + 3)..];
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        return (slash < 0 ? rest : rest[..slash]).ToLowerInvariant();
    }

    private static async Task<RegistryCredential?> AskHelperAsync(string helper, string key)
    {
        string program = "docker-credential-" + helper;
        var start = new ProcessStartInfo(program, ["get"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        Process? process;
        try
        {
            process = Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw Failure(key, $"the credential helper {program} of docker's config.json cannot be run", e);
        }

        using (process)
        {
            await process!.StandardInput.WriteAsync(key);
            process.StandardInput.Close();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return process.ExitCode == 0 ? ReadAnswer(output, program, key) : NoAnswer(output, await errors, program, key);
        }
    }

    private static RegistryCredential? NoAnswer(string output, string errors, string program, string key) =>
        output.Contains("credentials not found", StringComparison.OrdinalIgnoreCase)
            ? null
            : throw Failure(key, $"the credential helper {program} failed: {(output + errors).Trim()}", null);

    private static RegistryCredential? ReadAnswer(string output, string program, string key)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(output);
            string user = Text(document.RootElement, "Username") ?? "";
            string secret = Text(document.RootElement, "Secret") ?? "";
            return secret.Length == 0 && user.Length == 0 ? null : new RegistryCredential(user == TokenUser ? "" : user, secret);
        }
        catch (JsonException e)
        {
            throw Failure(key, $"the credential helper {program} gave no JSON", e);
        }
    }

    private static JsonElement Read(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            using JsonDocument document = JsonDocument.Parse(file, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return document.RootElement.Clone();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return default;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new BuildException(ErrorKind.Environment, "read credentials", path, e.Message, "Correct or remove the file.", e);
        }
    }

    private static JsonElement? Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Object ? value : null;

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static BuildException Failure(string key, string reason, Exception? inner) =>
        new(ErrorKind.Environment, "find credentials", key, reason, "Log in again with docker login, or correct the file.", inner);
}
