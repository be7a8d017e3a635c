using System.Text.Json;
using Xunit;

namespace Cairn.Integration.Tests;

public sealed class RegistryTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task An_image_is_pushed_once_and_pulled_without_compressing_it_again()
    {
        await using RegistryServer registry = await RegistryServer.StartAsync(_workspace, TestContext.Current.CancellationToken);
        string name = $"{registry.Host}/team/base:1";
        string context = _workspace.Context("base", Shell.Stage + "COPY file /file\nCMD [\"cat\", \"/file\"]\n");
        _workspace.Write("base/file", "from the base");
        (await _workspace.BuildAsync(context, "-t", name, "--push")).Succeeded();
        Assert.NotEmpty(registry.Uploads);

        int uploads = registry.Uploads.Count;
        (await _workspace.BuildAsync(context, "-t", name, "--push")).Succeeded();
        Assert.Equal(uploads, registry.Uploads.Count);

        // Another store, which has nothing but the name: the layers come from the registry and go out as they came.
        string elsewhere = _workspace.In("elsewhere"), archive = _workspace.In("again.tar");
        string child = _workspace.Context("child", $"FROM {name}\nLABEL more=yes\n");
        (await Workspace.BuildInAsync(elsewhere, ["-o", $"type=oci,dest={archive}", child])).Succeeded();
        Assert.Equal(await LayersAsync($"docker://{name}", "--tls-verify=false"), await LayersAsync($"oci-archive:{archive}"));

        string run = _workspace.Context("run", $"FROM {name}\nRUN test \"$(cat /file)\" = 'from the base'\nRUN echo more > /more\n");
        (await Workspace.BuildInAsync(elsewhere, ["-o", $"type=oci,dest={archive}", run])).Succeeded();
        IReadOnlyList<string> layers = await LayersAsync($"oci-archive:{archive}");
        Assert.Equal(await LayersAsync($"docker://{name}", "--tls-verify=false"), layers.Take(layers.Count - 2));
    }

    [Fact]
    public async Task A_missing_image_names_image_and_registry()
    {
        await using RegistryServer registry = await RegistryServer.StartAsync(_workspace, TestContext.Current.CancellationToken);
        string context = _workspace.Context("ctx", $"FROM scratch AS unused\n\nFROM {registry.Host}/no/such:image\nRUN true\n");
        Finished failed = (await _workspace.BuildAsync(context)).FailedWith(1);
        Assert.Contains($"{registry.Host}/no/such:image", failed.Error, StringComparison.Ordinal);
        Assert.Contains("not found", failed.Error, StringComparison.Ordinal);
        Assert.Contains($">>> FROM {registry.Host}/no/such:image", failed.Error, StringComparison.Ordinal);
        Assert.Contains("Dockerfile:3", failed.Error, StringComparison.Ordinal);
    }

    private static async Task<IReadOnlyList<string>> LayersAsync(string image, params string[] flags)
    {
        Finished inspected = (await CairnProgram.ExecAsync("skopeo", ["inspect", "--raw", .. flags, image])).Succeeded();
        using JsonDocument manifest = JsonDocument.Parse(inspected.Output);
        return [.. manifest.RootElement.GetProperty("layers").EnumerateArray().Select(l => l.GetProperty("digest").GetString()!)];
    }
}
