using Cairn.Daemon.Configuration;
using Cairn.Daemon.Tests.Support;
using Cairn.Integration.Tests;
using Xunit;

namespace Cairn.Daemon.Tests.Compatibility;

/// <summary>docs/compatibility.md says something of everything that there is.</summary>
public sealed class CompatibilityTableTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(CairnProgram.SourceRoot, "docs", "compatibility.md"));

    [Fact]
    public async Task Every_method_that_is_served_has_a_row()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        string[] missing =
        [
            .. daemon.Server.Methods
                .Where(static path => !path.StartsWith("/moby.buildkit.v1.frontend.", StringComparison.Ordinal))   // the section of the gateway
                .Where(static path => !Page.Contains($"| `{path[1..]}` |", StringComparison.Ordinal)),
        ];
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_method_of_the_protocols_is_served_or_said_to_be_missing()
    {
        Google.Protobuf.Reflection.FileDescriptor[] files =
        [
            Protos.Control.ControlReflection.Descriptor, Protos.ContentStore.ContentReflection.Descriptor, Protos.OpenTelemetry.CollectorReflection.Descriptor,
        ];
        string[] missing =
        [
            .. files.SelectMany(static file => file.Services).SelectMany(static service => service.Methods)
                .Select(static method => $"{method.Service.FullName}/{method.Name}")
                .Where(static name => !Page.Contains($"| `{name}` |", StringComparison.Ordinal)),
        ];
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_flag_and_key_has_a_row()
    {
        string[] missing =
        [
            .. DaemonFlags.All.Select(static flag => $"--{flag.Name}").Concat(ConfigurationKeys.Used).Concat(ConfigurationKeys.Ignored)
                .Where(static name => !Page.Contains($"| `{name}` |", StringComparison.Ordinal)),
        ];
        Assert.Empty(missing);
    }
}
