using System.Security.Cryptography;
using Cairn.Client.Sessions;
using Cairn.Client.Tests.Support;
using Cairn.Protos.ContentStore;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Wire.Headers;
using Cairn.Wire.Methods;
using Google.Protobuf;
using Xunit;

namespace Cairn.Client.Tests.Sessions;

public sealed class ContentServiceTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_blob_that_was_written_step_by_step_is_there_under_its_digest_and_only_once()
    {
        await using SessionTunnel tunnel = await OpenAsync();
        byte[] content = new byte[100_000];
        new Random(9).NextBytes(content);
        string digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));
        await using (ClientCall<WriteContentRequest, WriteContentResponse> call = await WriteAsync(tunnel))
        {
            Assert.Equal(0, (await StepAsync(call, new WriteContentRequest { Action = WriteAction.Stat, Ref = "r", Total = content.Length, Expected = digest })).Offset);
            Assert.Equal(60_000, (await StepAsync(call, new WriteContentRequest { Action = WriteAction.Write, Data = ByteString.CopyFrom(content, 0, 60_000) })).Offset);
            Assert.Equal(100_000, (await StepAsync(call, new WriteContentRequest { Action = WriteAction.Write, Offset = 60_000, Data = ByteString.CopyFrom(content, 60_000, 40_000) })).Offset);
            WriteContentResponse done = await StepAsync(call, new WriteContentRequest { Action = WriteAction.Commit, Total = content.Length, Expected = digest });
            Assert.Equal((digest, 100_000), (done.Digest, done.Offset));
            Assert.True(await call.Responses.MoveNextAsync(Token));
            Assert.Equal(digest, call.Responses.Current.Digest);
            Assert.False(await call.Responses.MoveNextAsync(Token));
        }

        Assert.Equal(content, File.ReadAllBytes(_directory[$"blobs/sha256/{digest[7..]}"]));
        Assert.Equal(["blobs"], Directory.GetFileSystemEntries(_directory.Path).Select(Path.GetFileName));

        await using (ClientCall<WriteContentRequest, WriteContentResponse> call = await WriteAsync(tunnel))
        {
            RpcException exists = await Assert.ThrowsAsync<RpcException>(() => StepAsync(call, new WriteContentRequest { Action = WriteAction.Stat, Ref = "r", Expected = digest }));
            Assert.Equal(StatusCode.AlreadyExists, exists.Status.Code);
        }

        Info info = (await tunnel.Channel.CallAsync(ContentMethods.Info, new InfoRequest { Digest = digest }, Store("local:x"), Token)).Info;
        Assert.Equal((digest, 100_000), (info.Digest, info.Size));
        Assert.Equal(content[99_990..], await ReadAsync(tunnel, new ReadContentRequest { Digest = digest, Offset = 99_990 }));
        Assert.Equal(content[10..30], await ReadAsync(tunnel, new ReadContentRequest { Digest = digest, Offset = 10, Size = 20 }));
        Assert.Equal(content, await ReadAsync(tunnel, new ReadContentRequest { Digest = digest, Size = long.MaxValue }));
        Assert.Equal(StatusCode.OutOfRange, await SessionServiceTests.CodeAsync(ReadAsync(tunnel, new ReadContentRequest { Digest = digest, Offset = 100_001 })));
    }

    [Fact]
    public async Task What_is_not_what_was_announced_leaves_nothing()
    {
        await using SessionTunnel tunnel = await OpenAsync();
        foreach (WriteContentRequest end in (WriteContentRequest[])
            [
                new() { Action = WriteAction.Commit, Expected = "sha256:" + new string('0', 64) },
                new() { Action = WriteAction.Commit, Total = 4 },
                new() { Action = WriteAction.Write, Offset = 7, Data = ByteString.CopyFromUtf8("x") },
            ])
        {
            await using ClientCall<WriteContentRequest, WriteContentResponse> call = await WriteAsync(tunnel);
            await StepAsync(call, new WriteContentRequest { Action = WriteAction.Write, Ref = "r", Data = ByteString.CopyFromUtf8("abc") });
            RpcException refused = await Assert.ThrowsAsync<RpcException>(() => StepAsync(call, end));
            Assert.Equal(end.Action == WriteAction.Commit ? StatusCode.FailedPrecondition : StatusCode.OutOfRange, refused.Status.Code);
        }

        Assert.Empty(Directory.GetFiles(_directory.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task What_cannot_be_found_is_told_with_the_code_for_it()
    {
        await using SessionTunnel tunnel = await OpenAsync();
        var request = new InfoRequest { Digest = "sha256:" + new string('1', 64) };
        Assert.Equal(StatusCode.NotFound, await CodeAsync(request, Store("local:x")));
        Assert.Equal(StatusCode.NotFound, await CodeAsync(request, Store("local:y")));
        Assert.Equal(StatusCode.InvalidArgument, await CodeAsync(request, RpcCallOptions.None));
        Assert.Equal(StatusCode.InvalidArgument, await CodeAsync(new InfoRequest { Digest = "sha256:../../etc/passwd" }, Store("local:x")));

        Task<StatusCode> CodeAsync(InfoRequest asked, RpcCallOptions options) =>
            SessionServiceTests.CodeAsync(tunnel.Channel.CallAsync(ContentMethods.Info, asked, options, Token));
    }

    private static RpcCallOptions Store(string id) => new() { Headers = new Metadata { { HeaderNames.StoreId, id } } };

    private static ValueTask<ClientCall<WriteContentRequest, WriteContentResponse>> WriteAsync(SessionTunnel tunnel) =>
        tunnel.Channel.BeginAsync(ContentMethods.Write, Store("local:x"), Token);

    private static async Task<WriteContentResponse> StepAsync(ClientCall<WriteContentRequest, WriteContentResponse> call, WriteContentRequest request)
    {
        await call.Requests.WriteAsync(request, Token);
        Assert.True(await call.Responses.MoveNextAsync(Token));
        return call.Responses.Current;
    }

    private static async Task<byte[]> ReadAsync(SessionTunnel tunnel, ReadContentRequest request)
    {
        await using ClientCall<ReadContentRequest, ReadContentResponse> call = await tunnel.Channel.BeginAsync(ContentMethods.Read, Store("local:x"), Token);
        await call.Requests.WriteAsync(request, Token);
        await call.Requests.CompleteAsync(Token);
        using var all = new MemoryStream();
        await foreach (ReadContentResponse part in call.Responses)
        {
            Assert.Equal(all.Length, part.Offset);
            all.Write(part.Data.Span);
        }

        return all.ToArray();
    }

    private Task<SessionTunnel> OpenAsync() =>
        SessionTunnel.OpenAsync(new SessionOptions { Stores = new Dictionary<string, string> { ["local:x"] = _directory.Path } }, Token);
}
