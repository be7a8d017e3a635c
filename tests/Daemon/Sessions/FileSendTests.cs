using System.Collections.Concurrent;
using System.Formats.Tar;
using Cairn.Daemon.Sessions;
using Cairn.Llb;
using Cairn.Llb.Building;
using Cairn.Protos.ContentStore;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Server;
using Cairn.Wire.Files;
using Cairn.Wire.Headers;
using Cairn.Wire.Methods;
using Xunit;

namespace Cairn.Daemon.Tests.Sessions;

/// <summary>Sections 13 and 18: results go to clients over the tunnel.</summary>
public sealed class FileSendTests : IAsyncDisposable
{
    private readonly SolverBench _bench = new();
    private readonly ConcurrentQueue<Metadata> _headers = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task An_archive_is_one_stream_of_bytes()
    {
        (RpcServices services, MemoryStream file) = Taking();

        await ExportAsync(services, "tar", []);

        file.Position = 0;
        using var tar = new TarReader(file);
        var names = new List<string>();
        while (await tar.GetNextEntryAsync(copyData: false, Token) is { } entry)
        {
            names.Add(entry.Name);
        }

        Assert.Equal(["a/", "a/big", "hello"], names);
        Assert.Equal("0", Assert.Single(_headers).Find(HeaderNames.ExporterId));
    }

    [Fact]
    public async Task An_image_carries_what_there_is_to_say_of_it()
    {
        (RpcServices services, MemoryStream file) = Taking();

        IReadOnlyDictionary<string, string> response = await ExportAsync(services, "oci", new() { ["name"] = "example.test/image:tag" });

        Metadata headers = Assert.Single(_headers);
        Assert.Equal(response["containerimage.digest"], headers.Find("exporter-md-containerimage.digest"));
        Assert.Equal(response["containerimage.descriptor"], headers.Find("exporter-md-containerimage.descriptor"));
        Assert.True(file.Length > 4_000_000);
    }

    [Fact]
    public async Task An_image_that_the_client_has_already_is_no_failure_and_an_archive_is()
    {
        var services = new RpcServices();
        services.Add(FileSendMethods.Path, static (_, _) => throw new RpcException(StatusCode.AlreadyExists, "there already"));

        IReadOnlyDictionary<string, string> response = await ExportAsync(services, "oci", []);

        Assert.NotEmpty(response["containerimage.digest"]);
        await Assert.ThrowsAnyAsync<BuildException>(() => ExportAsync(services, "tar", []));
    }

    [Fact]
    public async Task What_a_client_says_of_its_failure_is_told()
    {
        var services = new RpcServices();
        services.Add(FileSendMethods.Path, static (_, _) => throw new RpcException(StatusCode.Unknown, "the disk is full"));

        BuildException e = await Assert.ThrowsAnyAsync<BuildException>(() => ExportAsync(services, "oci", []));

        Assert.Contains("the disk is full", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("copy", null)]
    [InlineData("delete", "1")]
    public async Task A_directory_is_sent_file_by_file(string mode, string? isComplete)
    {
        var came = new ConcurrentDictionary<string, long>(StringComparer.Ordinal);
        var services = new RpcServices();
        services.AddDuplex(FileSendMethods.DiffCopyTree, async (packets, answers, call, token) =>
        {
            _headers.Enqueue(call.RequestHeaders);
            await using PacketReceiver receiver = PacketReceiver.Begin(packets, answers, "result", token);
            await foreach (ReceivedEntry entry in receiver.ReadEntriesAsync(token))
            {
                long length = -1;
                if (entry.HasContent)
                {
                    await using Stream content = receiver.Open(entry.Id);
                    var bytes = new MemoryStream();
                    await content.CopyToAsync(bytes, token);
                    length = bytes.Length;
                }

                came[entry.Stat.Path] = length;
            }

            await receiver.FinishAsync();
        });

        await ExportAsync(services, "local", new() { ["mode"] = mode });

        Assert.Equal(["a/big=4000000", "a=-1", "hello=5"], came.Select(entry => $"{entry.Key}={entry.Value}").Order(StringComparer.Ordinal));
        Assert.Equal(isComplete, Assert.Single(_headers).Find(HeaderNames.ExporterMultiPlatform));
    }

    [Fact]
    public async Task The_blobs_of_a_layout_are_written_to_the_store_of_exports()
    {
        var blobs = new ConcurrentDictionary<string, byte[]>(StringComparer.Ordinal);
        var services = new RpcServices();
        services.AddDuplex(ContentMethods.Write, async (requests, answers, call, token) =>
        {
            Assert.Equal("export", call.RequestHeaders.Find(HeaderNames.StoreId));
            var bytes = new MemoryStream();
            await foreach (WriteContentRequest request in requests.WithCancellation(token))
            {
                if (request.Action == WriteAction.Stat && blobs.ContainsKey(request.Expected))
                {
                    throw new RpcException(StatusCode.AlreadyExists, "there already");
                }

                request.Data.WriteTo(bytes);
                await answers.WriteAsync(new WriteContentResponse { Action = request.Action, Offset = bytes.Length }, token);
                if (request.Action == WriteAction.Commit)
                {
                    Assert.Equal(request.Expected, Digest.Sha256(bytes.ToArray()).ToString());
                    blobs[request.Expected] = bytes.ToArray();
                    return;
                }
            }
        });

        IReadOnlyDictionary<string, string> first = await ExportAsync(services, "oci", new() { ["tar"] = "false" });
        Assert.Equal(3, blobs.Count);   // manifest, config, layer
        Assert.Contains(first["containerimage.digest"], blobs.Keys);
        await ExportAsync(services, "oci", new() { ["tar"] = "false" });
        Assert.Contains(blobs.Values, blob => blob.Length > 3 << 20);
    }

    private async Task<IReadOnlyDictionary<string, string>> ExportAsync(RpcServices services, string exporter, Dictionary<string, string> attributes)
    {
        string source = _bench.Sessions.Workspace.In("src");
        _bench.Sessions.Workspace.Write("src/hello", "hello");
        Directory.CreateDirectory(Path.Combine(source, "a"));
        byte[] big = new byte[4_000_000];
        new Random(1).NextBytes(big);
        File.WriteAllBytes(Path.Combine(source, "a/big"), big);
        var sent = new SentDirectories(("context", source));
        await using TestClient files = await _bench.Sessions.OpenAsync(sent.Services, Token);
        await using TestClient client = await _bench.Sessions.OpenAsync(services, Token);
        RemoteSession session = await _bench.Sessions.FindAsync(client, Token);
        return await _bench.ExportAsync(State.Local("context", new LocalOptions { SessionId = files.Id }), session, exporter, attributes, Token);
    }

    private (RpcServices Services, MemoryStream File) Taking()
    {
        var file = new MemoryStream();
        var services = new RpcServices();
        services.Add(FileSendMethods.Path, async (call, token) =>
        {
            _headers.Enqueue(call.RequestHeaders);
            ByteMessageStream stream = call.AsByteStream();
            await stream.CopyToAsync(file, token);
        });
        return (services, file);
    }
}
