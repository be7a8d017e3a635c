using System.CommandLine;
using Cairn.Cli.Commands;
using Cairn.Cli.Settings;
using Xunit;

namespace Cairn.Cli.Tests;

public class FlagTests
{
    [Fact]
    public void Flags_become_the_options_of_the_frontend()
    {
        BuildSettings settings = Parse(
            "ctx", "-f", "x.Dockerfile", "--target", "app", "--build-arg", "A=1=2", "--label", "l=v", "--label", "empty", "--platform", "linux/amd64,linux/arm64",
            "--platform", "linux/386", "--no-cache-filter", "a,b", "--pull", "--add-host", "db:10.0.0.1", "--add-host", "six=[::1]", "--network", "host",
            "--shm-size", "64m", "--ulimit", "nofile=1024:2048", "--cgroup-parent", "/x");
        Assert.Equal(
            new SortedDictionary<string, string>(StringComparer.Ordinal)
            {
                ["build-arg:A"] = "1=2",
                ["label:l"] = "v",
                ["label:empty"] = "",
                ["target"] = "app",
                ["platform"] = "linux/amd64,linux/arm64,linux/386",
                ["no-cache"] = "a,b",
                ["image-resolve-mode"] = "pull",
                ["add-hosts"] = "db=10.0.0.1,six=::1",
                ["force-network-mode"] = "host",
                ["shm-size"] = "67108864",
                ["ulimit"] = "nofile=1024:2048",
                ["cgroup-parent"] = "/x",
            },
            settings.FrontendOptions());
        Assert.Equal(["network.host"], settings.Entitlements);
        Assert.Equal("ctx", settings.Context);
        Assert.Equal("x.Dockerfile", settings.File);
    }

    [Fact]
    public void Limits_of_steps_become_options_by_the_names_that_the_frontend_knows()
    {
        Assert.Equal(
            new SortedDictionary<string, string>(StringComparer.Ordinal)
            {
                ["memory"] = "1073741824", ["memswap"] = "-1", ["cpuperiod"] = "100000", ["cpuquota"] = "150000", ["cpushares"] = "10", ["cpusetcpus"] = "0-1,3", ["pids"] = "64",
            },
            Parse("--resource", "memory=1g,memory-swap=-1,cpus=1.5", "--resource", "cpuset-cpus=0-1,3,cpu-shares=10", "--resource", "pids=64").FrontendOptions());
        Assert.Throws<UsageException>(static () => Parse("--resource", "pids=0"));
        Assert.Throws<UsageException>(static () => Parse("--resource", "memory"));
        Assert.Contains("pids", Assert.Throws<UsageException>(static () => Parse("--resource", "pid=3")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_cache_for_everything_is_an_empty_list() => Assert.Equal("", Parse("--no-cache").FrontendOptions()["no-cache"]);

    [Fact]
    public void A_build_argument_without_a_value_takes_that_of_the_environment()
    {
        Environment.SetEnvironmentVariable("CAIRN_TEST_ARGUMENT", "from outside");
        BuildSettings settings = Parse("--build-arg", "CAIRN_TEST_ARGUMENT", "--build-arg", "CAIRN_TEST_NOWHERE");
        Assert.Equal("from outside", settings.BuildArguments["CAIRN_TEST_ARGUMENT"]);
        Assert.False(settings.BuildArguments.ContainsKey("CAIRN_TEST_NOWHERE"));
    }

    [Theory]
    [InlineData("id=token,src=/run/t", "token", "/run/t", null)]
    [InlineData("id=token,env=TOKEN", "token", null, "TOKEN")]
    [InlineData("id=token,type=env", "token", null, "token")]
    [InlineData("id=t.txt", "t.txt", "t.txt", null)]
    public void A_secret_comes_from_a_file_or_the_environment(string text, string id, string? file, string? variable) =>
        Assert.Equal(new SecretSpec(id, file, variable), SecretSpec.Parse(text));

    [Fact]
    public void An_ssh_flag_may_name_a_socket()
    {
        Assert.Equal("default", SshSpec.Parse("default").Id);
        SshSpec named = SshSpec.Parse("git=/tmp/agent.sock");
        Assert.Equal("git", named.Id);
        Assert.Equal(["/tmp/agent.sock"], named.Paths);
    }

    [Theory]
    [InlineData("--secret", "src=x", "id is missing")]
    [InlineData("--secret", "id=x,scr=y", "did you mean src?")]
    [InlineData("--allow", "network.hots", "did you mean network.host?")]
    [InlineData("--network", "bridge", "'bridge' is not supported")]
    [InlineData("--add-host", "db", "expected HOST=IP")]
    [InlineData("--add-host", "db:host-gateway", "host-gateway is not supported")]
    [InlineData("--build-context", "name", "expected NAME=VALUE")]
    [InlineData("--progress", "plian", "did you mean plain?")]
    [InlineData("--shm-size", "12q", "invalid size")]
    [InlineData("--provenance", "true", "attestations are missing")]
    [InlineData("--cache-to", "type=inlnie", "did you mean inline?")]
    [InlineData("--cache-to", "mode=max", "type is required")]
    [InlineData("--cache-to", "type=local,mode=max", "dest is required for type=local")]
    [InlineData("--cache-from", "type=local", "src is required for type=local")]
    [InlineData("--cache-from", "", "a name in a registry or type=")]
    [InlineData("--build-arg", "=x", "the name is missing")]
    public void A_value_that_cannot_be_meant_is_refused_with_the_reason(string flag, string value, string reason)
    {
        UsageException error = Assert.Throws<UsageException>(() => Parse(flag, value));
        Assert.StartsWith(flag, error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Attestations_may_be_switched_off() => Parse("--provenance=false", "--sbom=false");

    [Theory]
    [InlineData("unknown flag: --taget (did you mean --target?)", "build", "--taget", "x", ".")]
    [InlineData("unknown flag: --frobnicate", "build", ".", "--frobnicate=1")]
    [InlineData("unknown command: bild (did you mean build?)", "bild", ".")]
    [InlineData("unexpected argument: b", "build", "a", "b")]
    [InlineData("unknown flag: --al (did you mean --all?)", "prune", "--al")]
    [InlineData("can't use stdin for both", "build", "-f", "-", "-")]
    [InlineData("--load is not supported", "build", "--load", ".")]
    public async Task A_mistyped_command_line_is_told_what_was_near(string message, params string[] arguments)
    {
        UsageException error = await Assert.ThrowsAsync<UsageException>(
            () => new CairnCommandLine().RunAsync(arguments, TestContext.Current.CancellationToken));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1024", 1024)]
    [InlineData("64k", 65536)]
    [InlineData("1.5GiB", 1610612736)]
    [InlineData("10 MB", 10485760)]
    public void Sizes_are_read_in_powers_of_1024(string text, long bytes) => Assert.Equal(bytes, ByteSize.Parse(text, "--x"));

    [Theory]
    [InlineData(0, "0B")]
    [InlineData(999, "999B")]
    [InlineData(1500, "1.50kB")]
    [InlineData(12345678, "12.3MB")]
    [InlineData(987654321, "988MB")]
    public void Sizes_are_shown_as_image_tools_do(long bytes, string text) => Assert.Equal(text, ByteSize.Format(bytes));

    private static BuildSettings Parse(params string[] arguments)
    {
        var build = new BuildCommandLine(CairnCommandLine.RootOption(), CairnCommandLine.AdditionalStoreOption());
        ParseResult parsed = new RootCommand { build.Command }.Parse(["build", .. arguments]);
        Assert.Empty(parsed.Errors);
        return build.Read(parsed);
    }
}
