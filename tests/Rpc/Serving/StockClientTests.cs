using System.Text.Json;
using Cairn.Rpc.Server;
using Cairn.Rpc.Tests.Support;
using Xunit;

namespace Cairn.Rpc.Tests.Serving;

/// <summary>The stock Python client against a listener.</summary>
public sealed class StockClientTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cairn-rpc-").FullName;
    private readonly TestServices _services = new();
    private RpcServer? _server;

    public ValueTask InitializeAsync()
    {
        var options = new RpcServerOptions { MaxReceiveMessage = 20 << 20 };
        _server = RpcServer.Listen([RpcEndpoint.Unix(Socket)], _services.Table, options);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task All_four_kinds()
    {
        JsonElement result = await CallAsync("kinds");
        Assert.Equal("""{"unary": "hello", "stream": [1000, 1000, 1000, 1000, 1000], "sum": "499500", "chat": true}""", result.GetRawText());
    }

    [Fact]
    public async Task Repeated_and_binary_metadata()
    {
        JsonElement result = await CallAsync("metadata");
        const string Back = """[["x-pattern", "*.log"], ["x-pattern", "a, b"], ["x-octets-bin", "0001feff"], ["x-octets-bin", ""]]""";
        Assert.Equal(Back, result.GetProperty("headers").GetRawText());
        Assert.Equal(Back, result.GetProperty("trailers").GetRawText());
        Assert.Contains("x-pattern=*.log|x-pattern=a, b", result.GetProperty("seen").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failures_with_details()
    {
        JsonElement result = await CallAsync("fail");
        Assert.Equal("FAILED_PRECONDITION", result.GetProperty("code").GetString());
        Assert.Equal("50 % of \"it\"\nis Käse", result.GetProperty("message").GetString());
        string trailers = result.GetProperty("trailers").GetRawText();
        Assert.Contains("""["grpc-status-details-bin", "080900ff"]""", trailers, StringComparison.Ordinal);
        Assert.Contains("""["x-hint", "one"], ["x-hint", "two, with a comma"]""", trailers, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unknown", "UNIMPLEMENTED")]
    [InlineData("reject", "PERMISSION_DENIED")]
    [InlineData("toolarge", "RESOURCE_EXHAUSTED")]
    [InlineData("deadline", "DEADLINE_EXCEEDED")]
    public async Task Codes_of_what_goes_wrong(string scenario, string code)
    {
        Assert.Equal(code, (await CallAsync(scenario)).GetProperty("code").GetString());
        await Eventually.HoldsAsync(() => _services.Hanging == 0, "no handler is left");
    }

    [Theory]
    [InlineData("gzip", """{"size": "1300000"}""")]
    [InlineData("large", """{"same": true}""")]
    [InlineData("megabytes", """{"down": 104857600, "up": "104857600"}""")]
    [InlineData("many", """{"right": 1000}""")]
    [InlineData("threads", """{"sum": 6400000}""")]
    [InlineData("health", """{"all": "0801", "missing": "NOT_FOUND", "watch": "0803"}""")]
    public async Task What_comes_back(string scenario, string result) =>
        Assert.Equal(result, (await CallAsync(scenario)).GetRawText());

    [Fact]
    public async Task Cancellation_reaches_the_handlers()
    {
        await using PythonProgram client = PythonProgram.Start("client.py", $"unix:{Socket}", "cancel");
        Assert.Equal("waiting", await client.LineAsync());
        await Eventually.HoldsAsync(() => _services.Hanging == 200, "all calls hang");
        await client.TellAsync();
        Assert.Equal("""{"cancelled": 200}""", (await client.ResultAsync()).GetRawText());
        await Eventually.HoldsAsync(() => _services.Cancelled == 200, "all handlers have been cancelled");
    }

    private string Socket => Path.Combine(_directory, "sock");

    private Task<JsonElement> CallAsync(string scenario) => PythonProgram.CallAsync($"unix:{Socket}", scenario);
}
