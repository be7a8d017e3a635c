using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Cairn.Cache.Refs;
using Cairn.Llb;

namespace Cairn.Cache.Blobs;

/// <summary>Fetches blobs, each once whoever asks; a torn transfer goes on where it stopped.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "A semaphore whose wait handle is never asked for holds nothing.")]
internal sealed class BlobDownload
{
    private const int BufferBytes = 128 * 1024;
    private const int MaxStalls = 3;   // attempts in a row that bring no byte

    private readonly BlobStore _blobs;
    private readonly SemaphoreSlim _slots;
    private readonly SharedWork<Digest, bool> _running = new();

    public BlobDownload(BlobStore blobs, int maxTransfers)
    {
        _blobs = blobs;
        _slots = new SemaphoreSlim(maxTransfers);
    }

    public async Task<Stream> OpenAsync(
        Descriptor blob, IReadOnlyList<BlobSource> sources, RefContext context, CancellationToken cancellationToken)
    {
        await _running.RunAsync(blob.Digest, token => FetchAsync(blob, sources, context, token), cancellationToken);
        // The layer that the caller claims refers to the blob, so nothing takes it away in between.
        return _blobs.OpenRead(blob.Digest)
            ?? throw new BuildException(ErrorKind.Environment, "open blob", blob.Digest.ToString(), "it vanished from the store");
    }

    private async Task<bool> FetchAsync(
        Descriptor blob, IReadOnlyList<BlobSource> sources, RefContext context, CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken);
        try
        {
            using IProgressItem progress = context.Progress.Begin(blob.Digest.ToString(), "downloading", blob.Size);
            BuildException? first = null;
            foreach (BlobSource source in sources)
            {
                try
                {
                    return await FetchAsync(blob, source, context, progress, cancellationToken);
                }
                catch (BuildException e)
                {
                    first ??= e;   // another source may have it
                }
            }
            throw first ?? new BuildException(ErrorKind.Environment, "fetch blob", blob.Digest.ToString(), "it is not in the store and no source is known");
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task<bool> FetchAsync(
        Descriptor blob, BlobSource source, RefContext context, IProgressItem progress, CancellationToken cancellationToken)
    {
        using BlobWriter writer = _blobs.Create();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int stalls = 0;
            while (writer.Length < blob.Size)
            {
                long before = writer.Length;
                Exception? torn = await CopyAsync(blob, source, context, writer, buffer, progress, cancellationToken);
                stalls = writer.Length == before ? stalls + 1 : 0;
                if (stalls >= MaxStalls)
                {
                    throw new BuildException(
                        ErrorKind.Environment, "fetch blob", blob.Digest.ToString(),
                        $"{source} gave {writer.Length} of {blob.Size} bytes and then nothing more", "Check the network and the registry.", torn);
                }
            }
            writer.Commit(blob.Digest, blob.Size).Dispose();
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // What the network breaks is returned, to be tried again; what the disk refuses is thrown.
    private static async Task<Exception?> CopyAsync(
        Descriptor blob, BlobSource source, RefContext context, BlobWriter writer, byte[] buffer, IProgressItem progress,
        CancellationToken cancellationToken)
    {
        Stream stream;
        try
        {
            stream = await context.Fetcher.OpenAsync(blob, source, writer.Length, cancellationToken);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            return e;
        }
        await using (stream)
        {
            while (true)
            {
                int read;
                try
                {
                    read = await stream.ReadAsync(buffer, cancellationToken);
                }
                catch (Exception e) when (e is IOException or HttpRequestException)
                {
                    return e;
                }
                if (read == 0)
                {
                    return null;
                }
                if (writer.Length + read > blob.Size)
                {
                    throw new BuildException(
                        ErrorKind.Environment, "fetch blob", blob.Digest.ToString(), $"{source} sends more than its {blob.Size} bytes");
                }
                writer.Write(buffer.AsSpan(0, read));
                progress.Report(writer.Length);
            }
        }
    }
}
