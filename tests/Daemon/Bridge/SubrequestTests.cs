using System.Text.Json;
using Cairn.Protos.Errdefs;
using Cairn.Protos.Gateway;
using Cairn.Rpc.Calls;
using Cairn.Wire.Errors;
using Cairn.Wire.Methods;
using Xunit;

namespace Cairn.Daemon.Tests.Bridge;

/// <summary>gateway.md, section 11: what clients ask beside building.</summary>
public sealed class SubrequestTests
{
    private const string File =
        "FROM scratch AS base\nCOPY busybox /b\n\n# two is the second one\nFROM --platform=$BUILDPLATFORM base AS two\nMAINTAINER me\n\nFROM base\nWORKDIR here\n";

    [Fact]
    public async Task The_stages_of_a_file_are_listed()
    {
        Result result = await AskAsync("frontend.targets");

        using JsonDocument json = JsonDocument.Parse(result.Metadata["result.json"].Memory);
        JsonElement[] targets = [.. json.RootElement.GetProperty("targets").EnumerateArray()];
        Assert.Equal(["base", "two"], targets.Take(2).Select(static target => target.GetProperty("name").GetString()!));
        Assert.Equal("is the second one", targets[1].GetProperty("description").GetString());
        Assert.True(targets[^1].GetProperty("default").GetBoolean());
        Assert.Equal(5, targets[1].GetProperty("location").GetProperty("ranges")[0].GetProperty("start").GetProperty("line").GetInt32());
        string[] lines = result.Metadata["result.txt"].ToStringUtf8().Split('\n');
        Assert.Equal("TARGET    DESCRIPTION", lines[0]);
        Assert.Contains(lines, static line => line.StartsWith("two       is the second one", StringComparison.Ordinal));
        Assert.Equal("1.0.0", result.Metadata["version"].ToStringUtf8());
        Assert.Equal("", result.Ref.Id);
    }

    [Fact]
    public async Task The_findings_of_all_stages_are_reported_each_once()
    {
        Result result = await AskAsync("frontend.lint");

        using JsonDocument json = JsonDocument.Parse(result.Metadata["result.json"].Memory);
        string[] rules = [.. json.RootElement.GetProperty("warnings").EnumerateArray().Select(static warning => warning.GetProperty("ruleName").GetString()!)];
        Assert.Contains("MaintainerDeprecated", rules);
        Assert.Contains("WorkdirRelativePath", rules);
        Assert.Equal(rules.Distinct(), rules);
        Assert.Equal(File, System.Text.Encoding.UTF8.GetString(json.RootElement.GetProperty("sources")[0].GetProperty("data").GetBytesFromBase64()));
        Assert.Equal("1", result.Metadata["result.statuscode"].ToStringUtf8());
        Assert.Contains("WARNING: MaintainerDeprecated - https://", result.Metadata["result.txt"].ToStringUtf8(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_without_findings_has_none_and_one_that_cannot_be_built_says_so()
    {
        Result clean = await AskAsync("frontend.lint", "FROM scratch\nCOPY busybox /b\n");
        Result wrong = await AskAsync("frontend.lint", "FROM scratch\nCOPPY a b\n");

        Assert.Equal("0", clean.Metadata["result.statuscode"].ToStringUtf8());
        Assert.Equal("1", wrong.Metadata["result.statuscode"].ToStringUtf8());
        using JsonDocument json = JsonDocument.Parse(wrong.Metadata["result.json"].Memory);
        JsonElement error = json.RootElement.GetProperty("buildError");
        Assert.Contains("COPPY", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(2, error.GetProperty("location").GetProperty("ranges")[0].GetProperty("start").GetProperty("line").GetInt32());
    }

    [Fact]
    public async Task What_can_be_asked_is_described_and_all_else_is_refused()
    {
        Result described = await AskAsync("frontend.subrequests.describe");

        using JsonDocument json = JsonDocument.Parse(described.Metadata["result.json"].Memory);
        string[] names = [.. json.RootElement.EnumerateArray().Select(static kind => kind.GetProperty("name").GetString()!)];
        Assert.Contains("frontend.targets", names);
        Assert.Contains("frontend.subrequests.describe", names);
        Assert.StartsWith("NAME", described.Metadata["result.txt"].ToStringUtf8(), StringComparison.Ordinal);
        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => AskAsync("frontend.other"));
        Assert.Equal("unsupported request frontend.other", refused.Status.Message);
        Assert.Equal("frontend.other", Assert.Single(ErrorStatus.From(refused.Status).Details.OfType<Subrequest>()).Name);
    }

    private static async Task<Result> AskAsync(string request, string file = File)
    {
        await using BridgedEngine engine = BridgedEngine.Open();
        await using BridgeClient client = await BridgeClient.StartAsync(engine);
        await System.IO.File.WriteAllTextAsync(Path.Combine(client.Context, "Dockerfile"), file, TestContext.Current.CancellationToken);
        return (await client.CallAsync(BridgeMethods.Solve, new SolveRequest
        {
            Frontend = "dockerfile.v0", AllowResultReturn = true, AllowResultArrayRef = true,
            FrontendOpt = { ["requestid"] = request, ["frontend.caps"] = "moby.buildkit.frontend.subrequests" },
        })).Result;
    }
}
