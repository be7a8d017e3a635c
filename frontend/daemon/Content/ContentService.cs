using Cairn.Llb;
using Cairn.Protos.ContentStore;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Server;
using Cairn.Wire.Methods;
using Google.Protobuf;

namespace Cairn.Daemon.Content;

/// <summary>Serves the blobs of the history, and the blobs of images, to clients. Nothing can be written.</summary>
/// <remarks>Source: wire-schema.md, "Content service behaviour"; control-and-status.md, section 20.</remarks>
internal sealed class ContentService(IBlobShelf shelf)
{
    private const int ChunkBytes = 32 << 10;
    private const int ListBatch = 100;

    /// <summary>Adds the methods to a table.</summary>
    public void AddTo(RpcServices services)
    {
        services.AddUnary(ContentMethods.Info, (request, _, _) => Task.FromResult(Describe(request)));
        services.AddServerStream(ContentMethods.Read, (request, responses, _, token) => SendAsync(request, responses, token));
        services.AddServerStream(ContentMethods.List, (_, responses, _, token) => ListAsync(responses, token));
        services.AddUnary(ContentMethods.Update, static (_, _, _) => Task.FromException<UpdateResponse>(ReadOnly()));
        services.AddUnary(ContentMethods.Delete, static (_, _, _) => Task.FromException<Google.Protobuf.WellKnownTypes.Empty>(ReadOnly()));
        services.AddUnary(ContentMethods.Abort, static (_, _, _) => Task.FromException<Google.Protobuf.WellKnownTypes.Empty>(ReadOnly()));
        services.AddUnary(ContentMethods.Status, static (_, _, _) => Task.FromException<StatusResponse>(ReadOnly()));
        services.AddUnary(ContentMethods.ListStatuses, static (_, _, _) => Task.FromResult(new ListStatusesResponse()));
        services.AddDuplex(ContentMethods.Write, static (_, _, _, _) => Task.FromException(ReadOnly()));
    }

    private static RpcException ReadOnly() => new(StatusCode.Unimplemented, "read-only content store");

    private static Digest Parse(string text) => Digest.TryParse(text, out Digest digest)
        ? digest
        : throw new RpcException(StatusCode.InvalidArgument, $"invalid digest \"{text}\"");

    private static RpcException Missing(Digest digest) => new(StatusCode.NotFound, $"content {digest}: not found");

    private InfoResponse Describe(InfoRequest request)
    {
        Digest digest = Parse(request.Digest);
        long size = shelf.TrySize(digest) ?? throw Missing(digest);
        return new InfoResponse { Info = new Info { Digest = digest.ToString(), Size = size } };
    }

    private async Task SendAsync(ReadContentRequest request, MessageSink<ReadContentResponse> responses, CancellationToken cancellationToken)
    {
        Digest digest = Parse(request.Digest);
        long size = shelf.TrySize(digest) ?? throw Missing(digest);
        if (request.Offset < 0 || request.Offset > size)
        {
            throw new RpcException(StatusCode.OutOfRange, $"read past object length {size} bytes");
        }

        await using Stream blob = shelf.TryOpen(digest) ?? throw Missing(digest);
        byte[] chunk = new byte[ChunkBytes];
        for (long skipped = 0; skipped < request.Offset;)
        {
            skipped += await blob.ReadAtLeastAsync(
                chunk.AsMemory(0, (int)Math.Min(ChunkBytes, request.Offset - skipped)), 1, throwOnEndOfStream: true, cancellationToken);
        }

        long left = request.Size <= 0 ? size - request.Offset : Math.Min(request.Size, size - request.Offset);
        for (long sent = 0; sent < left;)
        {
            int want = (int)Math.Min(ChunkBytes, left - sent);
            await blob.ReadExactlyAsync(chunk.AsMemory(0, want), cancellationToken);
            await responses.WriteAsync(
                new ReadContentResponse { Offset = sent, Data = UnsafeByteOperations.UnsafeWrap(chunk.AsMemory(0, want)) }, cancellationToken);
            sent += want;
        }
    }

    private async Task ListAsync(MessageSink<ListContentResponse> responses, CancellationToken cancellationToken)
    {
        foreach ((Digest Digest, long Size)[] batch in shelf.Blobs().Chunk(ListBatch))
        {
            var response = new ListContentResponse();
            response.Info.Add(batch.Select(static blob => new Info { Digest = blob.Digest.ToString(), Size = blob.Size }));
            await responses.WriteAsync(response, cancellationToken);
        }
    }
}
