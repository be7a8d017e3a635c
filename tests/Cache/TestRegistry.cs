using System.Collections.Concurrent;
using Cairn.Cache.Refs;
using Cairn.Llb;

namespace Cairn.Cache.Tests;

/// <summary>Blobs to fetch, in memory; counts and can be told to fail or to hold.</summary>
public sealed class TestRegistry : IBlobFetcher, ITransferProgress
{
    public static readonly BlobSource Source = new("docker-image://registry.test/image");

    public Dictionary<Digest, byte[]> Blobs { get; } = [];

    public ConcurrentQueue<(Digest Blob, long Offset)> Opened { get; } = [];

    public ConcurrentQueue<string> Actions { get; } = [];

    /// <summary>Number of bytes after which a stream breaks; once for each entry.</summary>
    public Queue<int> Breaks { get; } = [];

    /// <summary>When set, fetches wait for it.</summary>
    public TaskCompletionSource? Hold { get; set; }

    public Descriptor Add(byte[] blob, string mediaType)
    {
        var digest = Digest.Sha256(blob);
        Blobs[digest] = blob;
        return new Descriptor(mediaType, digest, blob.Length);
    }

    public async Task<Stream> OpenAsync(Descriptor blob, BlobSource source, long offset, CancellationToken cancellationToken)
    {
        Opened.Enqueue((blob.Digest, offset));
        if (Hold is { } hold)
        {
            await hold.Task.WaitAsync(cancellationToken);
        }
        if (!Blobs.TryGetValue(blob.Digest, out byte[]? bytes))
        {
            throw new BuildException(ErrorKind.Environment, "fetch blob", blob.Digest.ToString(), $"{source} does not have it");
        }
        Stream stream = new MemoryStream(bytes, (int)offset, bytes.Length - (int)offset, writable: false);
        lock (Breaks)
        {
            return Breaks.TryDequeue(out int length) ? new TornStream(stream, length) : stream;
        }
    }

    public IProgressItem Begin(string id, string action, long total)
    {
        Actions.Enqueue(action);
        return new Item();
    }

    private sealed class Item : IProgressItem
    {
        public void Report(long current)
        {
        }

        public void Dispose()
        {
        }
    }

    private sealed class TornStream(Stream inner, int length) : Stream
    {
        private int _left = length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (_left == 0)
            {
                throw new IOException("connection reset");
            }
            int read = inner.Read(buffer, offset, Math.Min(count, _left));
            _left -= read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
