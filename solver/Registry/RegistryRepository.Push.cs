using System.Net;
using System.Net.Http.Headers;
using Cairn.Llb;

namespace Cairn.Solver.Registry;

/// <summary>Writing.</summary>
public sealed partial class RegistryRepository
{
    /// <summary>Brings a blob into the repository with as little traffic as possible: there already, mounted, or sent.</summary>
    /// <param name="blob">The blob.</param>
    /// <param name="mountFrom">Repositories of the same registry that are known to have it.</param>
    /// <param name="open">Opens the blob's bytes from an offset; called only if they must be sent.</param>
    /// <param name="sent">Receives the number of bytes sent so far.</param>
    /// <param name="cancellationToken">Stops the transfer.</param>
    /// <exception cref="BuildException">The registry refused it or could not be reached.</exception>
    public async Task<BlobPush> PushBlobAsync(
        Descriptor blob,
        IReadOnlyList<string> mountFrom,
        Func<long, CancellationToken, Task<Stream>> open,
        Action<long> sent,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(blob);
        ArgumentNullException.ThrowIfNull(mountFrom);
        ArgumentNullException.ThrowIfNull(open);
        if (await HasBlobAsync(blob.Digest, cancellationToken))
        {
            return BlobPush.Present;
        }

        using IDisposable slot = await _connection.EnterTransferAsync(cancellationToken);
        string? location = null;
        foreach (string from in mountFrom.Where(from => from != Path))
        {
            (bool mounted, location) = await StartUploadAsync(blob, from, cancellationToken);
            if (mounted)
            {
                return BlobPush.Mounted;
            }
        }

        for (int attempt = 0; ; attempt++)
        {
            try
            {
                location ??= (await StartUploadAsync(blob, null, cancellationToken)).Location;
                await SendBlobAsync(blob, location!, open, sent, cancellationToken);
                return BlobPush.Uploaded;
            }
            catch (InterruptedUploadException e) when (attempt < _options.Retries)
            {
                location = null;   // what the registry has of it is not known: begin again
                await _connection.PauseAsync(_connection.Backoff(attempt), Name + "@" + blob.Digest + ": " + e.Message, _access, cancellationToken);
            }
            catch (InterruptedUploadException e)
            {
                throw e.Failure;
            }
        }
    }

    /// <summary>Puts a manifest or index under a tag or under its digest; sends nothing if it stands there already.</summary>
    /// <returns>Whether it had to be sent.</returns>
    public async Task<bool> PushManifestAsync(string reference, Descriptor manifest, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        var scope = new RegistryScope(Path, Push: true, null);
        Descriptor? present = await TryHeadForPushAsync(reference, scope, cancellationToken);
        if (present?.Digest == manifest.Digest)
        {
            return false;
        }

        using IDisposable slot = await _connection.EnterDocumentAsync(cancellationToken);
        var call = new RegistryCall(HttpMethod.Put, $"/v2/{Path}/manifests/{reference}", scope)
        {
            Doing = "push manifest",
            Subject = Reference(reference),
            Content = _ =>
            {
                var content = new ReadOnlyMemoryContent(bytes);
                content.Headers.ContentType = new MediaTypeHeaderValue(manifest.MediaType);
                return content;
            },
        };
        using HttpResponseMessage response = await SendAsync(call, cancellationToken);
        return response.IsSuccessStatusCode ? true : throw await RegistryError.FailureAsync(response, call.Doing, call.Subject, cancellationToken);
    }

    private async Task<Descriptor?> TryHeadForPushAsync(string reference, RegistryScope scope, CancellationToken cancellationToken)
    {
        using IDisposable slot = await _connection.EnterDocumentAsync(cancellationToken);
        using HttpResponseMessage response = await SendAsync(ManifestCall(HttpMethod.Head, reference) with { Scope = scope, Doing = "push manifest" }, cancellationToken);
        string? text = response.IsSuccessStatusCode && response.Headers.TryGetValues("Docker-Content-Digest", out IEnumerable<string>? values) ? values.FirstOrDefault() : null;
        return Digest.TryParse(text, out Digest digest) ? new Descriptor("", digest, 0) : null;
    }

    private async Task<(bool Mounted, string? Location)> StartUploadAsync(Descriptor blob, string? from, CancellationToken cancellationToken)
    {
        string query = from is null ? "" : $"?mount={Uri.EscapeDataString(blob.Digest.ToString())}&from={Uri.EscapeDataString(from)}";
        var call = new RegistryCall(HttpMethod.Post, $"/v2/{Path}/blobs/uploads/{query}", new RegistryScope(Path, Push: true, from))
        {
            Doing = "push blob",
            Subject = Name + "@" + blob.Digest,
            Content = _ => new ByteArrayContent([]),
        };
        using HttpResponseMessage response = await SendAsync(call, cancellationToken);
        if (response.StatusCode == HttpStatusCode.Created)
        {
            return (true, null);
        }

        if (from is not null && !response.IsSuccessStatusCode)
        {
            return (false, null);   // not every account may read there; the blob is sent instead
        }

        if (!response.IsSuccessStatusCode)
        {
            throw await RegistryError.FailureAsync(response, call.Doing, call.Subject, cancellationToken);
        }

        return response.Headers.Location is { } location
            ? (false, _connection.Address(location.OriginalString).ToString())
            : throw new BuildException(ErrorKind.Environment, call.Doing, call.Subject, "the registry began an upload but did not say where", null, null);
    }

    private async Task SendBlobAsync(
        Descriptor blob, string location, Func<long, CancellationToken, Task<Stream>> open, Action<long> sent, CancellationToken cancellationToken)
    {
        await using Stream source = await open(0, cancellationToken);
        long done = 0;
        while (_options.UploadChunk is { } chunk && blob.Size - done > chunk)
        {
            using HttpResponseMessage part = await SendPartAsync(HttpMethod.Patch, location, blob, source, done, chunk, sent, cancellationToken);
            location = part.Headers.Location is { } next ? _connection.Address(next.OriginalString).ToString() : location;
            done += chunk;
        }

        string separator = location.Contains('?', StringComparison.Ordinal) ? "&" : "?";
        string end = location + separator + "digest=" + Uri.EscapeDataString(blob.Digest.ToString());
        using HttpResponseMessage last = await SendPartAsync(HttpMethod.Put, end, blob, source, done, blob.Size - done, sent, cancellationToken);
    }

    private async Task<HttpResponseMessage> SendPartAsync(
        HttpMethod method, string location, Descriptor blob, Stream source, long offset, long length, Action<long> sent, CancellationToken cancellationToken)
    {
        bool first = true;
        var call = new RegistryCall(method, location, new RegistryScope(Path, Push: true, null))
        {
            Doing = "push blob",
            Subject = Name + "@" + blob.Digest,
            Repeatable = false,   // the source has moved on
            Content = moved =>
            {
                if (!first)
                {
                    throw new IOException("the registry asked to log in again in the middle of a blob");
                }

                first = false;
                var content = new BlobUploadContent(source, length, part =>
                {
                    moved();
                    sent(offset + part);
                });
                if (method == HttpMethod.Patch)
                {
                    content.Headers.TryAddWithoutValidation("Content-Range", FormattableString.Invariant($"{offset}-{offset + length - 1}"));
                }

                return content;
            },
        };
        HttpResponseMessage response;
        try
        {
            response = await SendAsync(call, cancellationToken);
        }
        catch (BuildException e) when (e.InnerException is { } fault && RegistryFault.IsTransport(fault) && RegistryFault.MayPass(fault))
        {
            throw new InterruptedUploadException(e);
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            BuildException failure = await RegistryError.FailureAsync(response, call.Doing, call.Subject, cancellationToken);
            bool again = RegistryFault.MayPass(response.StatusCode) || response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.RequestedRangeNotSatisfiable;
            throw again ? new InterruptedUploadException(failure) : failure;
        }
    }

    /// <summary>An upload that may succeed if it is begun again.</summary>
    private sealed class InterruptedUploadException(BuildException failure) : Exception(failure.Message, failure)
    {
        public BuildException Failure => failure;
    }
}
