using System.Collections.Concurrent;
using System.Security.Cryptography;
using Cairn.Llb;
using Cairn.Protos.ContentStore;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Server;
using Cairn.Wire.Headers;
using Cairn.Wire.Methods;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Cairn.Client.Sessions;

/// <summary>Lets the daemon read and write blobs in directories of the form of an image layout. Tags are none of its business.</summary>
/// <remarks>Source: session.md, section 18; wire-schema.md, "Content service behaviour".</remarks>
internal sealed class ContentService(IReadOnlyDictionary<string, string> stores)
{
    private const int ReadPart = 1 << 20;

    private readonly ConcurrentDictionary<(string Store, string Ref), PendingBlob> _pending = new();

    public void AddTo(RpcServices services)
    {
        services.AddUnary(ContentMethods.Info, (request, call, _) => Task.FromResult(new InfoResponse { Info = Info(Store(call), Digest(request.Digest)) }));
        services.AddServerStream(ContentMethods.Read, ReadAsync);
        services.AddDuplex(ContentMethods.Write, WriteAsync);
        services.AddUnary(ContentMethods.Status, (request, call, _) => Task.FromResult(new StatusResponse { Status = Find(call, request.Ref).Status(request.Ref) }));
        services.AddUnary(ContentMethods.Abort, (request, call, _) =>
        {
            // What a call writes goes with the call, so there is nothing left to drop.
            Store(call);   // which must exist
            return Task.FromResult(new Empty());
        });
    }

    private static async Task SendAsync(
        string path, ReadContentRequest request, MessageSink<ReadContentResponse> parts, CancellationToken cancellationToken)
    {
        await using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        if (request.Offset < 0 || request.Offset > file.Length)
        {
            throw new RpcException(StatusCode.OutOfRange, $"offset {request.Offset} is beyond the blob's {file.Length} bytes");
        }

        file.Position = request.Offset;
        long left = request.Size > 0 ? Math.Min(request.Size, file.Length - request.Offset) : file.Length - request.Offset;
        byte[] buffer = new byte[(int)Math.Min(ReadPart, Math.Max(left, 1))];
        for (long sent = 0; left > 0;)
        {
            int read = await file.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), cancellationToken);
            if (read == 0)
            {
                throw new RpcException(StatusCode.DataLoss, "the blob became shorter while it was read");
            }

            await parts.WriteAsync(
                new ReadContentResponse { Offset = sent, Data = UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, read)) }, cancellationToken);
            sent += read;
            left -= read;
        }
    }

    private static Info Info(string store, Digest digest)
    {
        var file = new FileInfo(BlobPath(store, digest));
        return file.Exists
            ? new Info
            {
                Digest = digest.ToString(),
                Size = file.Length,
                CreatedAt = Timestamp.FromDateTime(file.LastWriteTimeUtc),
                UpdatedAt = Timestamp.FromDateTime(file.LastWriteTimeUtc),
            }
            : throw new RpcException(StatusCode.NotFound, $"content {digest}: not found");
    }

    private static string BlobPath(string store, Digest digest) => Path.Combine(store, "blobs", digest.Algorithm, digest.Hex);

    private static Digest Digest(string text) =>
        Llb.Digest.TryParse(text, out Digest digest) ? digest : throw new RpcException(StatusCode.InvalidArgument, $"invalid digest \"{text}\"");

    private async Task ReadAsync(
        ReadContentRequest request, MessageSink<ReadContentResponse> parts, ServerCall call, CancellationToken cancellationToken)
    {
        Digest digest = Digest(request.Digest);
        try
        {
            await SendAsync(BlobPath(Store(call), digest), request, parts, cancellationToken);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new RpcException(StatusCode.NotFound, $"content {digest}: not found", e);
        }
    }

    private async Task WriteAsync(
        MessageSource<WriteContentRequest> requests, MessageSink<WriteContentResponse> responses, ServerCall call, CancellationToken cancellationToken)
    {
        string store = Store(call);
        if (!await requests.MoveNextAsync(cancellationToken) || requests.Current.Ref is not { Length: > 0 } name)
        {
            throw new RpcException(StatusCode.InvalidArgument, "the first request must name what is written");
        }

        RefuseExisting(store, requests.Current.Expected);
        using var blob = new PendingBlob(store);
        if (!_pending.TryAdd((store, name), blob))
        {
            throw new RpcException(StatusCode.Unavailable, $"{name} is being written");
        }

        try
        {
            await WriteAsync(store, blob, requests, responses, cancellationToken);
        }
        finally
        {
            _pending.TryRemove((store, name), out _);
        }
    }

    private static async Task WriteAsync(
        string store,
        PendingBlob blob,
        MessageSource<WriteContentRequest> requests,
        MessageSink<WriteContentResponse> responses,
        CancellationToken cancellationToken)
    {
        string expected = "";
        long total = 0;
        do
        {
            WriteContentRequest request = requests.Current;
            expected = request.Expected.Length > 0 ? request.Expected : expected;
            total = request.Total > 0 ? request.Total : total;
            var response = new WriteContentResponse { Action = request.Action };
            if (request.Action is WriteAction.Write or WriteAction.Commit && request.Data.Length > 0)
            {
                blob.Write(request.Offset, request.Data.Span);
            }

            response.Offset = blob.Offset;
            if (request.Action == WriteAction.Commit)
            {
                Digest digest = blob.Digest();
                if ((total > 0 && total != blob.Offset) || (expected.Length > 0 && expected != digest.ToString()))
                {
                    throw new RpcException(
                        StatusCode.FailedPrecondition, $"what was written has {blob.Offset} bytes and the digest {digest}, not {total} and {expected}");
                }

                RefuseExisting(store, digest.ToString());
                blob.Publish(BlobPath(store, digest));
                response.Digest = digest.ToString();
                response.Total = blob.Offset;
                await responses.WriteAsync(response, cancellationToken);
                await responses.WriteAsync(response, cancellationToken);
                return;
            }

            if (request.Action == WriteAction.Stat)
            {
                response.Total = total;
                response.Digest = blob.Digest().ToString();
                response.StartedAt = response.UpdatedAt = blob.Started;
            }

            await responses.WriteAsync(response, cancellationToken);
        }
        while (await requests.MoveNextAsync(cancellationToken));
    }

    private static void RefuseExisting(string store, string expected)
    {
        if (expected.Length > 0 && File.Exists(BlobPath(store, Digest(expected))))
        {
            throw new RpcException(StatusCode.AlreadyExists, $"content {expected}: already exists");
        }
    }

    private PendingBlob Find(ServerCall call, string name) =>
        _pending.TryGetValue((Store(call), name), out PendingBlob? blob) ? blob : throw new RpcException(StatusCode.NotFound, $"write {name}: not found");

    private string Store(ServerCall call)
    {
        string id = call.RequestHeaders.Find(HeaderNames.StoreId)
            ?? throw new RpcException(StatusCode.InvalidArgument, "the call names no store");
        return stores.TryGetValue(id, out string? directory) ? directory : throw new RpcException(StatusCode.NotFound, $"unknown store {id}");
    }

    /// <summary>A blob that is being written, beside its place. One call at a time writes it.</summary>
    private sealed class PendingBlob : IDisposable
    {
        private readonly FileStream _file;
        private readonly string _path;
        private IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public PendingBlob(string store)
        {
            string directory = Path.Combine(store, "ingest");
            Directory.CreateDirectory(directory);
            _path = Path.Combine(directory, Guid.NewGuid().ToString("N"));
            _file = new FileStream(_path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        }

        public long Offset { get; private set; }

        public Timestamp Started { get; } = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow());

        public void Write(long offset, ReadOnlySpan<byte> data)
        {
            if (offset == 0 && Offset > 0)
            {
                _file.SetLength(0);
                _file.Position = Offset = 0;
                _hash.Dispose();
                _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            }
            else if (offset != Offset && offset > 0)
            {
                throw new RpcException(StatusCode.OutOfRange, $"the write is at {Offset}, not at {offset}");
            }

            _file.Write(data);
            _hash.AppendData(data);
            Offset += data.Length;
        }

        public Digest Digest() => Llb.Digest.FromSha256Hash(_hash.GetCurrentHash());

        public Status Status(string name) => new() { Ref = name, Offset = Offset, StartedAt = Started, UpdatedAt = Started };

        public void Publish(string path)
        {
            _file.Dispose();
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Move(_path, path, overwrite: true);
            Dispose();
        }

        public void Dispose()
        {
            _file.Dispose();
            _hash.Dispose();
            if (File.Exists(_path))
            {
                File.Delete(_path);
            }

            try
            {
                Directory.Delete(Path.GetDirectoryName(_path)!);
            }
            catch (IOException)
            {
                // Others are being written.
            }
        }
    }
}
