using System.Text.Json;
using Xunit;

namespace Cairn.Integration.Tests.Caches;

/// <summary>One store exports, another that is empty imports, over a real registry, a directory, or the image itself.</summary>
public sealed class RemoteCacheTests : IAsyncLifetime
{
    private const string Steps = "COPY file /file\nRUN cat /file > /one\nRUN echo two > /two\n";

    private readonly Workspace _workspace = new();
    private RegistryServer? _registry;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Cache => $"{_registry!.Host}/team/cache:here";

    private string Elsewhere => _workspace.In("elsewhere");

    public async ValueTask InitializeAsync() => _registry = await RegistryServer.StartAsync(_workspace, Token);

    public async ValueTask DisposeAsync()
    {
        await _registry!.DisposeAsync();
        _workspace.Dispose();
    }

    [Theory]
    [InlineData("mode=max", "application/vnd.oci.image.manifest.v1+json")]
    [InlineData("mode=min", "application/vnd.oci.image.manifest.v1+json")]
    [InlineData("mode=max,image-manifest=false", "application/vnd.oci.image.index.v1+json")]
    [InlineData("mode=max,oci-mediatypes=false", "application/vnd.docker.distribution.manifest.list.v2+json")]
    [InlineData("mode=max,compression=zstd,force-compression=true", "application/vnd.oci.image.manifest.v1+json")]
    public async Task What_a_registry_keeps_serves_an_empty_store(string attributes, string mediaType)
    {
        string context = Context();
        string first = _workspace.In("first.tar"), second = _workspace.In("second.tar");
        CacheRun exported = (await CacheRun.BuildAsync(
            _workspace.Root, "--cache-to", $"type=registry,ref={Cache},{attributes}", "-o", $"type=tar,dest={first}", context)).Succeeded();
        Assert.NotEmpty(exported.Executed);
        Assert.Contains("preparing build cache for export", exported.Items);
        Assert.Contains("sending cache export", exported.Items);
        Assert.Contains(exported.Items, item => item.StartsWith("writing layer sha256:", StringComparison.Ordinal));
        Assert.Contains(exported.Items, item => item.StartsWith("writing config sha256:", StringComparison.Ordinal));

        CacheRun imported = (await CacheRun.BuildAsync(
            Elsewhere, "--cache-from", Cache, "-o", $"type=tar,dest={second}", "--expect-cached", "*RUN*", "--expect-cached", "*COPY*", context)).Succeeded();

        Assert.Empty(imported.Executed);
        Assert.Contains($"inferred cache manifest type: {mediaType}", imported.Items);
        Assert.Equal(await ListAsync(first), await ListAsync(second));
    }

    [Fact]
    public async Task Layers_are_fetched_when_somebody_looks_inside_and_not_before()
    {
        string context = Context();
        (await CacheRun.BuildAsync(_workspace.Root, "--cache-to", $"type=registry,ref={Cache},mode=max", context)).Succeeded();

        CacheRun hit = (await CacheRun.BuildAsync(Elsewhere, "--cache-from", $"type=registry,ref={Cache}", context)).Succeeded();

        Assert.Empty(hit.Executed);
        Assert.DoesNotContain(hit.Items, item => item.StartsWith("sha256:", StringComparison.Ordinal));

        // A step more: the one below is needed, and comes from the registry that the store remembers, not from the import.
        _workspace.Write("ctx/Dockerfile", Shell.Stage + Steps + "RUN test \"$(cat /two)\" = two\n");
        CacheRun more = (await CacheRun.BuildAsync(Elsewhere, context)).Succeeded();
        Assert.EndsWith("RUN test \"$(cat /two)\" = two", Assert.Single(more.Executed), StringComparison.Ordinal);
        Assert.Contains(more.Items, item => item.StartsWith("sha256:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Layers_that_were_imported_are_not_sent_again_to_the_same_registry()
    {
        string context = Context();
        (await CacheRun.BuildAsync(_workspace.Root, "--cache-to", $"type=registry,ref={Cache},mode=max", context)).Succeeded();
        int uploads = Sent();

        (await CacheRun.BuildAsync(
            Elsewhere, "--cache-from", Cache, "--cache-to", $"type=registry,ref={Cache},mode=max", "-t", $"{_registry!.Host}/team/image:1", "--push", context)).Succeeded();

        // The config of the image and that of the cache are new; every layer was mounted from where it was found.
        Assert.InRange(Sent() - uploads, 1, 2);

        int Sent() => _registry!.Uploads.Count(line => line.Contains("http.request.method=PUT", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_image_that_is_pushed_with_its_cache_serves_an_empty_store()
    {
        string context = Context();
        string name = $"{_registry!.Host}/team/image:1";
        CacheRun pushed = (await CacheRun.BuildAsync(_workspace.Root, "--cache-to", "type=inline", "-t", name, "--push", context)).Succeeded();
        Assert.Contains("preparing layers for inline cache", pushed.Items);

        CacheRun imported = (await CacheRun.BuildAsync(Elsewhere, "--cache-from", name, context)).Succeeded();
        Assert.Empty(imported.Executed);

        // An image carries nothing unless that was asked for, and one that stands on it does not pass its keys on.
        string plain = $"{_registry.Host}/team/plain:1", child = $"{_registry.Host}/team/child:1";
        (await CacheRun.BuildAsync(_workspace.Root, "-t", plain, "--push", context)).Succeeded();
        _workspace.Write("child/Dockerfile", $"FROM {name}\nLABEL more=yes\n");
        (await CacheRun.BuildAsync(_workspace.Root, "-t", child, "--push", _workspace.In("child"))).Succeeded();
        foreach (string other in (string[])[plain, child])
        {
            Assert.Contains("\"history\"", (await ConfigAsync(other)).Output, StringComparison.Ordinal);
            Assert.DoesNotContain("moby.buildkit.cache.v0", (await ConfigAsync(other)).Output, StringComparison.Ordinal);
        }

        static Task<Finished> ConfigAsync(string image) => CairnProgram.ExecAsync("skopeo", "inspect", "--config", "--raw", "--tls-verify=false", $"docker://{image}");
    }

    [Fact]
    public async Task A_directory_keeps_caches_by_tag_and_forgets_them_when_asked()
    {
        string context = Context();
        string directory = _workspace.In("cache");
        (await CacheRun.BuildAsync(_workspace.Root, "--cache-to", $"type=local,dest={directory},mode=max", context)).Succeeded();
        _workspace.Write("ctx/file", "changed");
        (await CacheRun.BuildAsync(_workspace.Root, "--cache-to", $"type=local,dest={directory},mode=max,tag=second", context)).Succeeded();
        Assert.Equal(["latest", "second"], Tags());

        CacheRun second = (await CacheRun.BuildAsync(Elsewhere, "--cache-from", $"type=local,src={directory},tag=second", context)).Succeeded();
        Assert.Empty(second.Executed);
        _workspace.Write("ctx/file", "as it was");
        CacheRun latest = (await CacheRun.BuildAsync(_workspace.In("third"), "--cache-from", $"type=local,src={directory}", "-o", $"type=tar,dest={_workspace.In("out.tar")}", context)).Succeeded();
        Assert.Empty(latest.Executed);
        Assert.Equal("as it was", (await CairnProgram.ExecAsync("tar", "-xOf", _workspace.In("out.tar"), "one")).Output);

        int before = Directory.GetFiles(Path.Combine(directory, "blobs"), "*", SearchOption.AllDirectories).Length;
        (await CacheRun.BuildAsync(_workspace.Root, "--cache-to", $"type=local,dest={directory},mode=max,tag=only,reset=true", context)).Succeeded();
        Assert.Equal(["only"], Tags());
        Assert.True(Directory.GetFiles(Path.Combine(directory, "blobs"), "*", SearchOption.AllDirectories).Length < before);
        CacheRun only = (await CacheRun.BuildAsync(_workspace.In("fourth"), "--cache-from", $"type=local,src={directory},tag=only", "-o", $"type=tar,dest={_workspace.In("out.tar")}", context)).Succeeded();
        Assert.Empty(only.Executed);

        IEnumerable<string?> Tags() => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(directory, "index.json"))).RootElement.GetProperty("manifests").EnumerateArray()
            .Select(entry => entry.GetProperty("annotations").GetProperty("org.opencontainers.image.ref.name").GetString());
    }

    [Fact]
    public async Task What_changed_is_built_and_told_and_what_did_not_is_taken()
    {
        string context = Context("COPY file /file\nRUN cat /file > /one\n", "FROM tools\nRUN echo independent > /alone\n");
        (await CacheRun.BuildAsync(_workspace.Root, "--cache-to", $"type=registry,ref={Cache},mode=max", context)).Succeeded();
        _workspace.Write("ctx/file", "changed");

        CacheRun changed = await CacheRun.BuildAsync(Elsewhere, "--cache-from", Cache, "--expect-cached", "*RUN cat*", context);

        changed.Run.FailedWith(1);
        Assert.Contains(changed.Cached, step => step.Contains("COPY busybox", StringComparison.Ordinal));
        Assert.Contains(changed.Executed, step => step.Contains("RUN cat", StringComparison.Ordinal));
        Assert.Contains("The imported caches do not have it", changed.Run.Error, StringComparison.Ordinal);
        Assert.Contains(Cache, changed.Run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_import_that_fails_is_shown_and_harms_nothing()
    {
        string context = Context();
        string missing = $"{_registry!.Host}/no/such:cache", image = $"{_registry.Host}/team/none:1";
        (await CacheRun.BuildAsync(_workspace.Root, "-t", image, "--push", context)).Succeeded();

        CacheRun built = (await CacheRun.BuildAsync(
            Elsewhere, "--cache-from", missing, "--cache-from", "127.0.0.1:1/closed/port", "--cache-from", image,
            "--cache-from", $"type=local,src={_workspace.In("nowhere")}", context)).Succeeded();

        Assert.Contains("not found", built.Errors[$"importing cache manifest from {missing}"], StringComparison.Ordinal);
        Assert.Contains("importing cache manifest from 127.0.0.1:1/closed/port", built.Errors.Keys);
        Assert.DoesNotContain($"importing cache manifest from {image}", built.Errors.Keys);
        Assert.Contains(built.Errors, error => error.Key.StartsWith("importing cache manifest from local:", StringComparison.Ordinal)
            && error.Value.Contains("local cache importer requires explicit digest", StringComparison.Ordinal));
        Assert.NotEmpty(built.Executed);
    }

    [Fact]
    public async Task An_export_that_fails_fails_the_build_unless_its_errors_are_ignored()
    {
        string context = Context();

        CacheRun failed = await CacheRun.BuildAsync(_workspace.Root, "--cache-to", "type=registry,ref=127.0.0.1:1/closed/port", context);
        CacheRun ignored = await CacheRun.BuildAsync(_workspace.Root, "--cache-to", "type=registry,ref=127.0.0.1:1/closed/port,ignore-error=true", context);

        failed.Run.FailedWith(1);
        Assert.Contains("127.0.0.1:1", failed.Run.Error, StringComparison.Ordinal);
        ignored.Succeeded();
        Assert.Contains("exporting cache to registry", ignored.Errors.Keys);
    }

    [Theory]
    [InlineData("--cache-to", "type=registry,ref=127.0.0.1:1/a,image-manifest=true,oci-mediatypes=false", "OCI mediatypes are required for image-manifest cache format")]
    [InlineData("--cache-to", "type=registry,ref=127.0.0.1:1/a,compression=lzma", "failed to configure registry cache exporter")]
    [InlineData("--cache-to", "type=s3,bucket=b", "unknown type 's3'")]
    [InlineData("--cache-to", "type=local", "dest is required")]
    [InlineData("--cache-from", "type=local", "src is required")]
    [InlineData("--cache-from", "type=inline", "unknown type 'inline'")]
    [InlineData("--cache-from", "type=registry", "ref is required")]
    public async Task What_makes_no_sense_is_refused_before_any_work(string flag, string value, string reason)
    {
        CacheRun run = await CacheRun.BuildAsync(_workspace.Root, flag, value, Context());

        Assert.NotEqual(0, run.Run.ExitCode);
        Assert.Contains(reason, run.Run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Executed);
    }

    private string Context(params string[] parts)
    {
        string context = _workspace.Context("ctx", Shell.Stage + string.Concat(parts.Length > 0 ? parts : [Steps]));
        _workspace.Write("ctx/file", "as it was");
        return context;
    }

    private static async Task<string> ListAsync(string archive) =>
        (await CairnProgram.ExecAsync("tar", "-tf", archive)).Succeeded().Output + (await CairnProgram.ExecAsync("tar", "-xOf", archive, "one", "two")).Output;
}
