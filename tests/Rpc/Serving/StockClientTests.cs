using System.Text.Json;
using Cairn.Rpc.Server;
using Cairn.Rpc.Tests.Support;
using Xunit;

namespace Cairn.Rpc.Tests.Serving;

/// <summary>The stock Python client against both kinds of server.</summary>
public sealed class StockClientTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cairn-rpc-").FullName;
    private readonly TestServices _services = new();
    private RpcServer? _listener;
    private SocketServer? _streams;

    public async ValueTask InitializeAsync()
    {
        var options = new RpcServerOptions { MaxReceiveMessage = 20 << 20 };
        _listener = await RpcServer.ListenAsync([RpcEndpoint.Unix(Socket("kestrel"))], _services.Table, options, CancellationToken.None);
        _streams = new SocketServer(Socket("stream"), _services.Table, options);
    }

    public async ValueTask DisposeAsync()
    {
        await _listener!.DisposeAsync();
        await _streams!.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData("kestrel")]
    [InlineData("stream")]
    public async Task All_four_kinds(string server)
    {
        JsonElement result = await CallAsync(server, "kinds");
        Assert.Equal("""{"unary": "hello", "stream": [1000, 1000, 1000, 1000, 1000], "sum": "499500", "chat": true}""", result.GetRawText());
    }

    [Theory]
    [InlineData("kestrel")]
    [InlineData("stream")]
    public async Task Repeated_and_binary_metadata(string server)
    {
        JsonElement result = await CallAsync(server, "metadata");
        const string Back = """[["x-pattern", "*.log"], ["x-pattern", "a, b"], ["x-octets-bin", "0001feff"], ["x-octets-bin", ""]]""";
        Assert.Equal(Back, result.GetProperty("headers").GetRawText());
        Assert.Equal(Back, result.GetProperty("trailers").GetRawText());
        Assert.Contains("x-pattern=*.log|x-pattern=a, b", result.GetProperty("seen").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kestrel")]
    [InlineData("stream")]
    public async Task Failures_with_details(string server)
    {
        JsonElement result = await CallAsync(server, "fail");
        Assert.Equal("FAILED_PRECONDITION", result.GetProperty("code").GetString());
        Assert.Equal("50 % of \"it\"\nis Käse", result.GetProperty("message").GetString());
        string trailers = result.GetProperty("trailers").GetRawText();
        Assert.Contains("""["grpc-status-details-bin", "080900ff"]""", trailers, StringComparison.Ordinal);
        Assert.Contains("""["x-hint", "one"], ["x-hint", "two, with a comma"]""", trailers, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kestrel", "unknown", "UNIMPLEMENTED")]
    [InlineData("stream", "unknown", "UNIMPLEMENTED")]
    [InlineData("kestrel", "reject", "PERMISSION_DENIED")]
    [InlineData("stream", "reject", "PERMISSION_DENIED")]
    [InlineData("kestrel", "toolarge", "RESOURCE_EXHAUSTED")]
    [InlineData("stream", "toolarge", "RESOURCE_EXHAUSTED")]
    [InlineData("kestrel", "deadline", "DEADLINE_EXCEEDED")]
    [InlineData("stream", "deadline", "DEADLINE_EXCEEDED")]
    public async Task Codes_of_what_goes_wrong(string server, string scenario, string code)
    {
        Assert.Equal(code, (await CallAsync(server, scenario)).GetProperty("code").GetString());
        await Eventually.HoldsAsync(() => _services.Hanging == 0, "no handler is left");
    }

    [Theory]
    [InlineData("kestrel", "gzip", """{"size": "1300000"}""")]
    [InlineData("stream", "gzip", """{"size": "1300000"}""")]
    [InlineData("kestrel", "large", """{"same": true}""")]
    [InlineData("stream", "large", """{"same": true}""")]
    [InlineData("kestrel", "megabytes", """{"down": 104857600, "up": "104857600"}""")]
    [InlineData("stream", "megabytes", """{"down": 104857600, "up": "104857600"}""")]
    [InlineData("kestrel", "many", """{"right": 1000}""")]
    [InlineData("stream", "many", """{"right": 1000}""")]
    [InlineData("kestrel", "threads", """{"sum": 6400000}""")]
    [InlineData("stream", "threads", """{"sum": 6400000}""")]
    [InlineData("kestrel", "health", """{"all": "0801", "missing": "NOT_FOUND", "watch": "0803"}""")]
    [InlineData("stream", "health", """{"all": "0801", "missing": "NOT_FOUND", "watch": "0803"}""")]
    public async Task What_comes_back(string server, string scenario, string result) =>
        Assert.Equal(result, (await CallAsync(server, scenario)).GetRawText());

    [Theory]
    [InlineData("kestrel")]
    [InlineData("stream")]
    public async Task Cancellation_reaches_the_handlers(string server)
    {
        await using PythonProgram client = PythonProgram.Start("client.py", $"unix:{Socket(server)}", "cancel");
        Assert.Equal("waiting", await client.LineAsync());
        await Eventually.HoldsAsync(() => _services.Hanging == 200, "all calls hang");
        await client.TellAsync();
        Assert.Equal("""{"cancelled": 200}""", (await client.ResultAsync()).GetRawText());
        await Eventually.HoldsAsync(() => _services.Cancelled == 200, "all handlers have been cancelled");
    }

    private string Socket(string server) => Path.Combine(_directory, server + ".sock");

    private Task<JsonElement> CallAsync(string server, string scenario) => PythonProgram.CallAsync($"unix:{Socket(server)}", scenario);
}
