using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Cairn.Llb;

namespace Cairn.Solver.Registry;

/// <summary>One repository of a registry, as one holder of credentials sees it: reading.</summary>
public sealed partial class RegistryRepository
{
    private const int MaxManifestBytes = 16 * 1024 * 1024;

    private static readonly string[] ManifestTypes =
    [
        MediaTypes.OciIndex, MediaTypes.DockerManifestList, MediaTypes.OciManifest, MediaTypes.DockerManifest, "*/*",
    ];

    private readonly RegistryConnection _connection;
    private readonly RegistryAccess _access;
    private readonly RegistryAuthorizer _authorizer;
    private readonly RegistryOptions _options;

    internal RegistryRepository(RegistryConnection connection, string path, RegistryAccess access, RegistryAuthorizer authorizer, RegistryOptions options)
    {
        _connection = connection;
        Path = path;
        _access = access;
        _authorizer = authorizer;
        _options = options;
    }

    /// <summary>Registry as references name it.</summary>
    public string Host => _connection.Host;

    /// <summary>Repository inside the registry.</summary>
    public string Path { get; }

    /// <summary>Registry and repository, as they begin a reference.</summary>
    public string Name => Host + "/" + Path;

    /// <summary>Asks what a tag or digest names, without fetching it.</summary>
    /// <returns>The descriptor, or null if the registry does not say: fetching then tells.</returns>
    public async Task<Descriptor?> TryHeadManifestAsync(string reference, CancellationToken cancellationToken)
    {
        using IDisposable slot = await _connection.EnterDocumentAsync(cancellationToken);
        using HttpResponseMessage response = await SendAsync(ManifestCall(HttpMethod.Head, reference), cancellationToken);
        if (!response.IsSuccessStatusCode || response.Content.Headers.ContentLength is not > 0)
        {
            return null;
        }

        string mediaType = response.Content.Headers.ContentType?.MediaType ?? "";
        string? text = response.Headers.TryGetValues("Docker-Content-Digest", out IEnumerable<string>? values) ? values.FirstOrDefault() : null;
        if (!Digest.TryParse(text, out Digest digest) && !Digest.TryParse(reference, out digest))
        {
            return null;
        }

        return new Descriptor(mediaType, digest, response.Content.Headers.ContentLength.Value);
    }

    /// <summary>Fetches a manifest or index by tag or digest.</summary>
    /// <exception cref="BuildException">It is not there, may not be read, or is not what its digest says.</exception>
    public async Task<FetchedManifest> GetManifestAsync(string reference, CancellationToken cancellationToken)
    {
        using IDisposable slot = await _connection.EnterDocumentAsync(cancellationToken);
        RegistryCall call = ManifestCall(HttpMethod.Get, reference);
        using HttpResponseMessage response = await SendAsync(call, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw await RegistryError.FailureAsync(response, call.Doing, call.Subject, cancellationToken);
        }

        byte[] bytes = await ReadDocumentAsync(response, call, cancellationToken);
        Digest digest = Digest.Sha256(bytes);
        if (Digest.TryParse(reference, out Digest wanted) && wanted != digest)
        {
            throw new BuildException(
                ErrorKind.Environment, call.Doing, call.Subject, $"the registry sent something else, with digest {digest}", "Try again; if it stays, the registry is damaged.", null);
        }

        return new FetchedManifest(response.Content.Headers.ContentType?.MediaType ?? "", digest, bytes);
    }

    /// <summary>Opens a blob for reading from <paramref name="offset"/>; breaks are mended on the way, the digest is not checked.</summary>
    /// <exception cref="BuildException">The blob is not there or may not be read.</exception>
    public async Task<Stream> OpenBlobAsync(Descriptor blob, long offset, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(blob);
        IDisposable slot = await _connection.EnterTransferAsync(cancellationToken);
        try
        {
            return new BlobDownload(this, blob, offset, await OpenBodyAsync(blob, offset, cancellationToken), slot);
        }
        catch
        {
            slot.Dispose();
            throw;
        }
    }

    /// <summary>Opens a blob of which only the digest is known.</summary>
    /// <exception cref="BuildException">The blob is not there, may not be read, or the registry does not tell its size.</exception>
    public async Task<Stream> OpenWholeBlobAsync(Digest digest, CancellationToken cancellationToken)
    {
        var call = new RegistryCall(HttpMethod.Head, $"/v2/{Path}/blobs/{digest}", new RegistryScope(Path, Push: false, null))
        {
            Doing = "pull blob",
            Subject = Name + "@" + digest,
        };
        long? size;
        using (HttpResponseMessage response = await SendAsync(call, cancellationToken))
        {
            size = response.IsSuccessStatusCode
                ? response.Content.Headers.ContentLength
                : throw await RegistryError.FailureAsync(response, call.Doing, call.Subject, cancellationToken);
        }

        return size is { } bytes
            ? await OpenBlobAsync(new Descriptor("", digest, bytes), 0, cancellationToken)
            : throw new BuildException(ErrorKind.Environment, call.Doing, call.Subject, "the registry does not tell its size");
    }

    /// <summary>Whether the repository has a blob.</summary>
    public async Task<bool> HasBlobAsync(Digest digest, CancellationToken cancellationToken)
    {
        using IDisposable slot = await _connection.EnterDocumentAsync(cancellationToken);
        var call = new RegistryCall(HttpMethod.Head, $"/v2/{Path}/blobs/{digest}", new RegistryScope(Path, Push: true, null))
        {
            Doing = "look for blob",
            Subject = Name + "@" + digest,
        };
        using HttpResponseMessage response = await SendAsync(call, cancellationToken);
        return response.IsSuccessStatusCode
            || (response.StatusCode == HttpStatusCode.NotFound
                ? false
                : throw await RegistryError.FailureAsync(response, call.Doing, call.Subject, cancellationToken));
    }

    internal async Task<Stream> OpenBodyAsync(Descriptor blob, long offset, CancellationToken cancellationToken)
    {
        var call = new RegistryCall(HttpMethod.Get, $"/v2/{Path}/blobs/{blob.Digest}", new RegistryScope(Path, Push: false, null))
        {
            Doing = "pull blob",
            Subject = Name + "@" + blob.Digest,
            Prepare = message => message.Headers.Range = offset > 0 ? new RangeHeaderValue(offset, null) : null,
        };
        HttpResponseMessage response = await SendAsync(call, cancellationToken);
        try
        {
            if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
            {
                throw Truncated(blob, offset);
            }

            if (!response.IsSuccessStatusCode)
            {
                throw await RegistryError.FailureAsync(response, call.Doing, call.Subject, cancellationToken);
            }

            Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
            if (offset > 0 && response.StatusCode != HttpStatusCode.PartialContent)
            {
                await SkipAsync(body, offset, cancellationToken);
            }

            return body;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>Reads from a body, but does not wait for ever.</summary>
    internal async ValueTask<int> ReadBodyAsync(Stream body, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ValueTask<int> reading = body.ReadAsync(buffer, cancellationToken);
        if (reading.IsCompleted)
        {
            return await reading;
        }

        try
        {
            return await reading.AsTask().WaitAsync(_options.SilenceTimeout, _options.Clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            await body.DisposeAsync();   // ends the read that is still under way
            throw RegistryFault.Silence(_options.SilenceTimeout);
        }
    }

    /// <summary>Waits before a body is asked for again, or gives up.</summary>
    internal async Task PauseAfterAsync(Exception fault, Descriptor blob, int failures, CancellationToken cancellationToken)
    {
        string subject = Name + "@" + blob.Digest;
        if (failures >= _options.Retries)
        {
            throw RegistryFault.Explain(fault, "pull blob", subject, _connection.RequestHost);
        }

        await _connection.PauseAsync(_connection.Backoff(failures), subject + ": " + fault.Message, _access, cancellationToken);
    }

    internal BuildException Truncated(Descriptor blob, long position) => new(
        ErrorKind.Environment,
        "pull blob",
        Name + "@" + blob.Digest,
        string.Create(CultureInfo.InvariantCulture, $"the registry's blob ends after {position} of {blob.Size} bytes"),
        "Try again; if it stays, the registry is damaged.",
        null);

    private async Task SkipAsync(Stream body, long bytes, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[64 * 1024];
        while (bytes > 0)
        {
            int read = await ReadBodyAsync(body, buffer.AsMemory(0, (int)Math.Min(buffer.Length, bytes)), cancellationToken);
            if (read == 0)
            {
                return;   // the next read finds the end and says so
            }

            bytes -= read;
        }
    }

    private async Task<byte[]> ReadDocumentAsync(HttpResponseMessage response, RegistryCall call, CancellationToken cancellationToken)
    {
        try
        {
            await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
            var document = new MemoryStream();
            byte[] buffer = new byte[16 * 1024];
            for (int read; (read = await ReadBodyAsync(body, buffer, cancellationToken)) > 0;)
            {
                document.Write(buffer, 0, read);
                if (document.Length > MaxManifestBytes)
                {
                    throw new BuildException(ErrorKind.Environment, call.Doing, call.Subject, $"the manifest has more than {MaxManifestBytes} bytes", null, null);
                }
            }

            return document.ToArray();
        }
        catch (Exception e) when (RegistryFault.IsTransport(e))
        {
            throw RegistryFault.Explain(e, call.Doing, call.Subject, _connection.RequestHost);
        }
    }

    private RegistryCall ManifestCall(HttpMethod method, string reference) =>
        new(method, $"/v2/{Path}/manifests/{reference}", new RegistryScope(Path, Push: false, null))
        {
            Doing = "pull image",
            Subject = Reference(reference),
            Prepare = message =>
            {
                foreach (string type in ManifestTypes)
                {
                    message.Headers.TryAddWithoutValidation("Accept", type);
                }
            },
        };

    private string Reference(string reference) => Name + (reference.Contains(':', StringComparison.Ordinal) ? "@" : ":") + reference;

    private Task<HttpResponseMessage> SendAsync(RegistryCall call, CancellationToken cancellationToken) =>
        _connection.SendAsync(call, _access, _authorizer, cancellationToken);
}
