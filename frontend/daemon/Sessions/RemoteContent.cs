using Cairn.Llb;
using Cairn.Protos.ContentStore;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Solver.Sessions;
using Cairn.Wire.Headers;
using Cairn.Wire.Methods;
using Google.Protobuf;

namespace Cairn.Daemon.Sessions;

/// <summary>One content store of a client.</summary>
/// <param name="session">The client.</param>
/// <param name="store">Its id: <c>oci:NAME</c>, <c>local:DIRECTORY</c> or <c>export</c>.</param>
/// <remarks>Source: session.md, section 18; wire-schema.md, "Content".</remarks>
internal sealed class RemoteContent(RemoteSession session, string store) : IContentStore
{
    private const int ChunkSize = 1 << 20;

    public async Task<long?> SizeAsync(Digest blob, CancellationToken cancellationToken)
    {
        try
        {
            InfoResponse answer = await session.CallAsync(
                ContentMethods.Info, new InfoRequest { Digest = blob.ToString() }, new RpcCallOptions { Headers = Headers() }, cancellationToken);
            return answer.Info?.Size ?? 0;
        }
        catch (RpcException e) when (e.Status.Code is StatusCode.NotFound or StatusCode.Unimplemented)
        {
            return null;
        }
        catch (RpcException e)
        {
            throw await session.FaultAsync(e, "look for blob", blob.ToString());
        }
    }

    public async Task<Stream> OpenAsync(Digest blob, long offset, CancellationToken cancellationToken)
    {
        try
        {
            var call = await session.BeginAsync(ContentMethods.Read, Headers(), CancellationToken.None);
            try
            {
                await call.Requests.WriteAsync(new ReadContentRequest { Digest = blob.ToString(), Offset = offset }, cancellationToken);
                await call.Requests.CompleteAsync(cancellationToken);
                return new RemoteBlobStream(call);
            }
            catch
            {
                await call.DisposeAsync();
                throw;
            }
        }
        catch (RpcException e)
        {
            throw await session.FaultAsync(e, "read blob", blob.ToString());
        }
    }

    public async Task WriteAsync(Descriptor blob, Func<CancellationToken, Task<Stream>> open, CancellationToken cancellationToken)
    {
        string digest = blob.Digest.ToString();
        try
        {
            await using var call = await session.BeginAsync(ContentMethods.Write, Headers(), cancellationToken);
            var begin = new WriteContentRequest { Action = WriteAction.Stat, Ref = digest, Total = blob.Size, Expected = digest };
            long offset = (await ExchangeAsync(call, begin, cancellationToken)).Offset;
            await using Stream content = await open(cancellationToken);
            byte[] chunk = new byte[(int)Math.Min(ChunkSize, Math.Max(1, blob.Size))];
            await SkipAsync(content, offset, chunk, cancellationToken);
            for (int read; (read = await content.ReadAtLeastAsync(chunk, chunk.Length, throwOnEndOfStream: false, cancellationToken)) > 0; offset += read)
            {
                var part = new WriteContentRequest
                {
                    Action = WriteAction.Write,
                    Offset = offset,
                    Data = UnsafeByteOperations.UnsafeWrap(chunk.AsMemory(0, read)),
                };
                await ExchangeAsync(call, part, cancellationToken);
            }

            await ExchangeAsync(call, new WriteContentRequest { Action = WriteAction.Commit, Offset = offset, Total = blob.Size, Expected = digest }, cancellationToken);
        }
        catch (RpcException e) when (e.Status.Code == StatusCode.AlreadyExists)
        {
            return;
        }
        catch (RpcException e)
        {
            throw await session.FaultAsync(e, "write blob", digest);
        }
    }

    private static async Task<WriteContentResponse> ExchangeAsync(
        ClientCall<WriteContentRequest, WriteContentResponse> call, WriteContentRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await call.Requests.WriteAsync(request, cancellationToken);
        }
        catch (RpcException)
        {
            // The client has answered instead of listening on; its answer says why.
            await call.Responses.MoveNextAsync(cancellationToken);
            throw;
        }

        return await call.Responses.MoveNextAsync(cancellationToken)
            ? call.Responses.Current
            : throw new RpcException(StatusCode.Internal, "the client ended the write of a blob too early");
    }

    // What the client has kept of an earlier attempt.
    private static async Task SkipAsync(Stream content, long count, byte[] buffer, CancellationToken cancellationToken)
    {
        for (int read; count > 0; count -= read)
        {
            read = await content.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, count)), cancellationToken);
            if (read == 0)
            {
                throw new RpcException(StatusCode.OutOfRange, "the client has more of the blob than there is");
            }
        }
    }

    private Metadata Headers()
    {
        var headers = new Metadata();
        TextHeaders.AddTo(headers, HeaderNames.StoreId, [store]);
        return headers;
    }
}
