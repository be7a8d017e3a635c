using Cairn.Daemon.Configuration;
using Cairn.Integration.Tests;
using Cairn.Llb;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Cairn.Daemon.Tests.Configuration;

public sealed class SettingsTests
{
    private const string Everything = """
        root = "/somewhere"
        insecure-entitlements = [ "network.host" ]
        [log]
          format = "json"
          level = "warn"
        [grpc]
          address = [ "unix:///a.sock", "tcp://127.0.0.1:1" ]
          debugAddress = "127.0.0.1:2"
          uid = 7
          gid = 8
          [grpc.tls]
            cert = "c"
            key = "k"
            ca = "a"
        [history]
          maxAge = "1h30m"
          maxEntries = 9
        [frontend."dockerfile.v0"]
          enabled = false
        [frontend."gateway.v0"]
          allowedRepositories = [ "example/frontend" ]
        [worker.oci]
          snapshotter = "native"
          max-parallelism = 3
          platforms = [ "linux/arm64" ]
          labels = { "a" = "b" }
          [[worker.oci.gcpolicy]]
            reservedSpace = "512MB"
            maxUsedSpace = 1000
            keepDuration = "48h"
            filters = [ "type==source.local" ]
          [[worker.oci.gcpolicy]]
            all = true
            keepBytes = 5
        [registry."docker.io"]
          mirrors = [ "mirror" ]
          [[registry."docker.io".keypair]]
            key = "k"
        """;

    [Fact]
    public void A_file_of_the_stock_daemon_is_read()
    {
        DaemonSettings settings = Read(Everything);

        Assert.Equal("/somewhere", settings.Root);
        Assert.Equal(["network.host", "device"], settings.AllowedEntitlements);
        Assert.True(settings.IsLogJson);
        Assert.Equal(LogLevel.Warning, settings.LogLevel);
        Assert.Equal(["unix:///a.sock", "tcp://127.0.0.1:1"], settings.Addresses);
        Assert.Equal("127.0.0.1:2", settings.DebugAddress);
        Assert.Equal((7u, 8u), (settings.SocketUser!.Value, settings.SocketGroup!.Value));
        Assert.Equal(("c", "k", "a"), (settings.TlsCertificate, settings.TlsKey, settings.TlsAuthorities));
        Assert.Equal((TimeSpan.FromMinutes(90), 9), (settings.HistoryAge, settings.HistoryEntries));
        Assert.Equal(["dockerfile.v0"], settings.DisabledFrontends);
        Assert.Equal(["example/frontend"], settings.AllowedFrontendSources!);
        Assert.Equal("native", settings.Driver);
        Assert.Equal(3, settings.MaxParallelism);
        Assert.Equal(["linux/arm64"], settings.WorkerPlatforms);
        Assert.Equal("b", settings.WorkerLabels["a"]);
        Assert.Collection(
            settings.GcRules,
            rule =>
            {
                Assert.Equal((512L << 20, 1000L), (rule.ReservedSpace, rule.MaxUsedSpace));
                Assert.Equal(TimeSpan.FromHours(48), rule.KeepDuration);
                Assert.Equal(["type==source.local"], rule.Filters);
            },
            rule => Assert.Equal((true, 5L), (rule.All, rule.ReservedSpace)));
        Assert.Equal(2, settings.Warnings.Count(w => w.Contains("registry.docker.io", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_flag_that_is_given_wins_over_the_file()
    {
        DaemonSettings settings = Read(
            Everything, "--root=/other", "--addr", "unix:///b.sock", "--debug", "--allow-insecure-entitlement", "security.insecure", "--oci-worker-gc=false");

        Assert.Equal("/other", settings.Root);
        Assert.Equal(["unix:///b.sock"], settings.Addresses);
        Assert.Equal(LogLevel.Debug, settings.LogLevel);
        Assert.Equal(["security.insecure", "device"], settings.AllowedEntitlements);
        Assert.Empty(settings.GcRules);
    }

    [Fact]
    public void Without_a_file_everything_has_the_stock_daemons_value()
    {
        DaemonSettings settings = Read(text: null);

        Assert.Equal(["unix:///run/buildkit/buildkitd.sock"], settings.Addresses);
        Assert.Equal((50, TimeSpan.FromHours(48)), (settings.HistoryEntries, settings.HistoryAge));
        Assert.Equal(["device"], settings.AllowedEntitlements);
        Assert.Equal(4, settings.GcRules.Count);
        Assert.Equal(512_000_000, settings.GcRules[0].MaxUsedSpace);
        Assert.True(settings.GcRules[3].All);
        Assert.Empty(settings.Warnings);
    }

    [Theory]
    [InlineData("nonsense = 1", "buildkitd.toml:1: unknown key nonsense")]
    [InlineData("[worker.oci]\nsnapshotter = \"native\"\nnonsense = 1", "buildkitd.toml:3: unknown key worker.oci.nonsense")]
    [InlineData("root = 1", "buildkitd.toml:1: root takes text in quotes")]
    [InlineData("[history]\nmaxAge = \"long\"", "buildkitd.toml:2: history.maxAge takes")]
    [InlineData("[worker.oci]\nsnapshotter = \"zfs\"", "there is no snapshotter zfs")]
    [InlineData("[worker.oci]\nenabled = false", "cannot be switched off")]
    [InlineData("insecure-entitlements = [\"root\"]", "invalid entitlement : root")]
    public void What_cannot_be_meant_is_refused_by_name(string text, string message) =>
        Assert.Contains(message, Assert.Throws<BuildException>(() => Read(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Every_key_of_the_stock_daemon_is_known_and_what_has_no_effect_is_told()
    {
        foreach (string key in ConfigurationKeys.Used.Concat(ConfigurationKeys.Ignored))
        {
            string[] path = [.. key.Replace("dockerfile.v0", "dockerfile^v0", StringComparison.Ordinal).Replace("gateway.v0", "gateway^v0", StringComparison.Ordinal)
                .Split('.').Select(part => part == "*" ? "x" : part.Replace('^', '.'))];
            Assert.True(
                ConfigurationKeys.Matches(ConfigurationKeys.Used, path) || ConfigurationKeys.Matches(ConfigurationKeys.Ignored, path), key);
        }

        DaemonSettings settings = Read("[dns]\nnameservers = [\"1.1.1.1\"]", "--rootless", "--oci-worker-net", "cni");
        Assert.Equal(3, settings.Warnings.Count);
    }

    [Theory]
    [InlineData("--nonsense", "unknown flag: --nonsense")]
    [InlineData("word", "unexpected argument: word")]
    [InlineData("--root", "flag needs an argument: --root")]
    public void A_command_line_that_nobody_knows_is_refused(string argument, string message) =>
        Assert.Contains(message, Assert.Throws<BuildException>(() => new FlagReader(DaemonFlags.All).Read([argument])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("512", 512)]
    [InlineData("1kb", 1024)]
    [InlineData("1.5GiB", 1610612736)]
    [InlineData("10%", 11_000_000_000)]
    public void Sizes_are_read_as_the_stock_daemon_does(string text, long bytes) => Assert.Equal(bytes, SizeText.TryParse(text, 100L << 30));

    [Theory]
    [InlineData("90", 90)]
    [InlineData("1h2m3.5s", 3723.5)]
    [InlineData("250ms", 0.25)]
    public void Durations_are_read_as_the_stock_daemon_does(string text, double seconds) =>
        Assert.Equal(seconds, DurationText.TryParse(text)!.Value.TotalSeconds);

    private static DaemonSettings Read(string? text, params string[] arguments)
    {
        using var workspace = new Workspace();
        string file = workspace.In("buildkitd.toml");
        if (text is not null)
        {
            workspace.Write("buildkitd.toml", text);
        }

        return SettingsReader.Read(new FlagReader(DaemonFlags.All).Read(["--config", file, .. arguments]));
    }
}
