using System.Net;
using System.Net.Http.Headers;
using Cairn.Cache.Blobs;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Snapshotter.Store;
using Cairn.Solver.Ops;
using Cairn.Solver.Sessions;
using Microsoft.Data.Sqlite;

namespace Cairn.Solver.Sources;

/// <summary>Fetches files by URL and remembers their ETags, so that what has not changed is not fetched again.</summary>
internal sealed class HttpDownloads(StoreRoot store) : IDisposable
{
    private const string UploadHost = "buildkit-session";

    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        ConnectTimeout = TimeSpan.FromSeconds(30),
        AutomaticDecompression = DecompressionMethods.None,   // the file is the bytes as they are served
        UseCookies = false,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,   // a large file takes as long as it takes
    };

    /// <summary>The table of this folder.</summary>
    public static StoreSchema Schema { get; } = new(
        "solver.http",
        [
            """
            CREATE TABLE http_downloads (
              request TEXT NOT NULL PRIMARY KEY,
              etag TEXT NOT NULL,
              digest TEXT NOT NULL,
              name TEXT,
              modified INTEGER
            ) STRICT
            """,
        ]);

    /// <summary>The file as it is now.</summary>
    /// <param name="context">Whose store and progress.</param>
    /// <param name="uri">Where.</param>
    /// <param name="url">As the build has it, for messages.</param>
    /// <param name="headers">Headers to send.</param>
    /// <param name="cancellationToken">Stops the transfer.</param>
    /// <exception cref="BuildException">The server cannot be reached, or has no such file.</exception>
    public async Task<HttpDownload> FetchAsync(
        OpContext context, Uri uri, string url, IReadOnlyList<KeyValuePair<string, string>> headers, CancellationToken cancellationToken)
    {
        if (uri.Host == UploadHost)
        {
            return await PullAsync(context, uri, url, cancellationToken);
        }

        string request = Digest.Sha256(System.Text.Encoding.UTF8.GetBytes(
            url + "\n" + string.Join('\n', headers.Where(header => header.Key != "authorization").Select(header => header.Key + ":" + header.Value)))).ToString();
        (string ETag, HttpDownload Download)? known = Find(request);
        if (known is { } row && !context.Cache.Blobs.Exists(row.Download.Content))
        {
            known = null;
        }

        using IProgressItem progress = context.Progress.Begin(url, "downloading", 0);
        try
        {
            using HttpResponseMessage response = await SendAsync(uri, headers, known?.ETag, cancellationToken);
            if (response.StatusCode == HttpStatusCode.NotModified && known is { } same)
            {
                return same.Download;
            }

            if ((int)response.StatusCode is < 200 or >= 400)
            {
                throw Failure(url, $"invalid response status {(int)response.StatusCode}", null);
            }

            HttpDownload download = await StoreAsync(context, response, progress, cancellationToken);
            if (response.Headers.ETag is { } etag)
            {
                Save(request, etag.ToString(), download);
            }

            return download;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Failure(url, e.InnerException?.Message ?? e.Message, e);
        }
    }

    // A client gives each of its streams once, so what has come is kept by who asked.
    private static async Task<HttpDownload> PullAsync(OpContext context, Uri uri, string url, CancellationToken cancellationToken)
    {
        using IProgressItem progress = context.Progress.Begin(url, "downloading", 0);
        return await context.Sessions.FirstAsync(session => TryPullAsync(context, session, uri, url, progress, cancellationToken))
            ?? throw new ClientFaultException(ErrorKind.Input, "read upload", url, "no client offers it");
    }

    private static async Task<HttpDownload?> TryPullAsync(
        OpContext context, ISession session, Uri uri, string url, IProgressItem progress, CancellationToken cancellationToken)
    {
        await using Stream? upload = await session.OpenUploadAsync(uri, cancellationToken);
        try
        {
            return upload is null ? null : new HttpDownload(await StoreAsync(context, upload, null, progress, cancellationToken), null, null);
        }
        catch (IOException e)
        {
            throw new ClientFaultException(ErrorKind.Environment, "read upload", url, e.Message, null, e) { Session = session };
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> SendAsync(
        Uri uri, IReadOnlyList<KeyValuePair<string, string>> headers, string? etag, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, uri);
        foreach ((string name, string value) in headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        if (etag is not null)
        {
            message.Headers.TryAddWithoutValidation("If-None-Match", etag);
        }

        return await _client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    private static async Task<HttpDownload> StoreAsync(OpContext context, HttpResponseMessage response, IProgressItem progress, CancellationToken cancellationToken)
    {
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        Digest content = await StoreAsync(context, body, response.Content.Headers.ContentLength, progress, cancellationToken);
        ContentDispositionHeaderValue? disposition = response.Content.Headers.ContentDisposition;
        return new HttpDownload(
            content, (disposition?.FileNameStar ?? disposition?.FileName)?.Trim('"'), response.Content.Headers.LastModified);
    }

    private static async Task<Digest> StoreAsync(
        OpContext context, Stream body, long? length, IProgressItem progress, CancellationToken cancellationToken)
    {
        using BlobWriter writer = context.Cache.Blobs.Create();
        byte[] buffer = new byte[128 * 1024];
        for (int read; (read = await body.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            writer.Write(buffer.AsSpan(0, read));
            progress.Report(writer.Length);
        }

        using BlobClaim claim = writer.Commit(null, length);
        return claim.Digest;
    }

    private (string ETag, HttpDownload Download)? Find(string request) => store.Read<(string ETag, HttpDownload Download)?>(connection =>
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT etag, digest, name, modified FROM http_downloads WHERE request = $request";
        command.Parameters.AddWithValue("$request", request);
        using SqliteDataReader reader = command.ExecuteReader();
        return reader.Read() && Digest.TryParse(reader.GetString(1), out Digest digest)
            ? (reader.GetString(0), new HttpDownload(
                digest, reader.IsDBNull(2) ? null : reader.GetString(2), reader.IsDBNull(3) ? null : DateTimeOffset.FromUnixTimeSeconds(reader.GetInt64(3))))
            : null;
    });

    private void Save(string request, string etag, HttpDownload download) => store.Write(transaction =>
    {
        SqliteCommand command = transaction.Command(
            "INSERT OR REPLACE INTO http_downloads (request, etag, digest, name, modified) VALUES ($request, $etag, $digest, $name, $modified)");
        command.Parameters.AddWithValue("$request", request);
        command.Parameters.AddWithValue("$etag", etag);
        command.Parameters.AddWithValue("$digest", download.Content.ToString());
        command.Parameters.AddWithValue("$name", (object?)download.Name ?? DBNull.Value);
        command.Parameters.AddWithValue("$modified", download.LastModified is { } time ? time.ToUnixTimeSeconds() : DBNull.Value);
        command.ExecuteNonQuery();
    });

    private static BuildException Failure(string url, string reason, Exception? inner) =>
        new(ErrorKind.Environment, "download", url, reason, "Check the URL and the network.", inner);
}
