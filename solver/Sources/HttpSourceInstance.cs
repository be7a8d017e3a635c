using System.Globalization;
using System.Text.Json.Nodes;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Solver.Images;
using Cairn.Solver.Ops;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Sources;

/// <summary>One URL as a source.</summary>
internal sealed class HttpSourceInstance(HttpDownloads downloads) : ISourceInstance
{
    private HttpDownload? _download;   // what the key was made of

    public required Uri Uri { get; init; }

    public required string Url { get; init; }

    public required SingleFile File { get; init; }

    public required Digest? Expected { get; init; }

    public required string? LoginSecret { get; init; }

    public required IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; }

    public async Task<SourceKey> KeyAsync(OpContext context, int index, CancellationToken cancellationToken)
    {
        if (Expected is { } wanted)
        {
            return new SourceKey(Key(NameOf(null), wanted, null), wanted.ToString(), HasMore: false);
        }

        HttpDownload download = await DownloadAsync(context, cancellationToken);
        return new SourceKey(Key(NameOf(download), download.Content, download.LastModified), download.Content.ToString(), HasMore: false);
    }

    public async Task<ImmutableRef?> SnapshotAsync(OpContext context, CancellationToken cancellationToken)
    {
        HttpDownload download = await DownloadAsync(context, cancellationToken);
        if (Expected is { } wanted && wanted != download.Content)
        {
            throw new BuildException(ErrorKind.Input, "", "", $"digest mismatch for {Url}: {download.Content} (expected: {wanted})");
        }

        Stream? content = context.Cache.Blobs.OpenRead(download.Content);
        if (content is null)
        {
            _download = null;   // collected meanwhile
            download = await DownloadAsync(context, cancellationToken);
            content = context.Cache.Blobs.OpenRead(download.Content)
                ?? throw new BuildException(ErrorKind.Environment, "download", Url, "the file vanished from the store");
        }

        await using (content)
        {
            string name = Expected is null ? NameOf(download) : NameOf(null);
            return await File.MakeAsync(context, name, content, download.LastModified ?? DateTimeOffset.UnixEpoch, "http url " + Url, cancellationToken);
        }
    }

    private async Task<HttpDownload> DownloadAsync(OpContext context, CancellationToken cancellationToken)
    {
        if (_download is { } known)
        {
            return known;
        }

        List<KeyValuePair<string, string>> headers = [.. Headers];
        if (await AuthorizationAsync(context.Sessions, cancellationToken) is { } authorization)
        {
            headers.Add(new("authorization", authorization));
        }

        return _download = await downloads.FetchAsync(context, Uri, Url, headers, cancellationToken);
    }

    private async Task<string?> AuthorizationAsync(ISessionGroup sessions, CancellationToken cancellationToken)
    {
        if (LoginSecret is { } id)
        {
            return await SessionAccess.SecretAsync(sessions, id, cancellationToken)
                ?? throw new ClientFaultException(ErrorKind.Input, "", "", $"failed to retrieve HTTP auth secret {id}: not found");
        }

        return await SessionAccess.SecretAsync(sessions, "HTTP_AUTH_TOKEN_" + Uri.Host, cancellationToken) is { } token
            ? "Bearer " + token
            : await SessionAccess.SecretAsync(sessions, "HTTP_AUTH_HEADER_" + Uri.Host, cancellationToken);
    }

    private string NameOf(HttpDownload? download) =>
        File.Name ?? SingleFile.SafeName(download?.Name is { Length: > 0 } given ? given : Uri.UnescapeDataString(Uri.AbsolutePath));

    private string Key(string name, Digest content, DateTimeOffset? modified)
    {
        var key = new JsonObject
        {
            ["Filename"] = name,
            ["Perm"] = File.Mode ?? 0,
            ["UID"] = File.Uid ?? 0,
            ["GID"] = File.Gid ?? 0,
            ["Checksum"] = content.ToString(),
        };
        if (modified is { } time)
        {
            key["LastModTime"] = time.UtcDateTime.ToString("r", CultureInfo.InvariantCulture);
        }

        if (LoginSecret is { } secret)
        {
            key["AuthHeaderSecret"] = secret;
        }

        if (Headers.Count > 0)
        {
            key["Header"] = new JsonArray([.. Headers.Select(header => (JsonNode)new JsonObject { ["Name"] = header.Key, ["Value"] = header.Value })]);
        }

        return Digest.Sha256(ImageJson.Compact(key)).ToString();
    }
}
