using System.Text;
using Cairn.Llb;
using Cairn.Solver.Registry;
using Xunit;

namespace Cairn.Solver.Tests.Transfer;

/// <summary>Against a real registry.</summary>
public sealed class RegistryPushTests(RegistryProcess registry) : IClassFixture<RegistryProcess>, IDisposable
{
    private readonly RegistryClient _client = new(new RegistryOptions());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task What_was_pushed_is_pulled_again()
    {
        RegistryRepository repository = Repository("roundtrip");
        (Descriptor blob, byte[] bytes) = Blob("roundtrip");
        byte[] manifest = Manifest(blob);
        var descriptor = new Descriptor(MediaTypes.OciManifest, Digest.Sha256(manifest), manifest.Length);

        Assert.Equal(BlobPush.Uploaded, await PushAsync(repository, blob, bytes));
        Assert.True(await repository.PushManifestAsync("v1", descriptor, manifest, Token));

        Assert.Equal(descriptor with { }, await repository.TryHeadManifestAsync("v1", Token));
        Assert.Equal(manifest, (await repository.GetManifestAsync("v1", Token)).Bytes.ToArray());
        await using Stream stream = await repository.OpenBlobAsync(blob, 3, Token);
        using var reader = new StreamReader(stream);
        Assert.Equal(Encoding.UTF8.GetString(bytes)[3..], await reader.ReadToEndAsync(Token));
    }

    [Fact]
    public async Task A_second_push_sends_nothing()
    {
        RegistryRepository repository = Repository("twice");
        (Descriptor blob, byte[] bytes) = Blob("twice");
        byte[] manifest = Manifest(blob);
        var descriptor = new Descriptor(MediaTypes.OciManifest, Digest.Sha256(manifest), manifest.Length);
        await PushAsync(repository, blob, bytes);
        await repository.PushManifestAsync("v1", descriptor, manifest, Token);

        BlobPush again = await repository.PushBlobAsync(blob, [], (_, _) => throw new InvalidOperationException("the blob was opened"), _ => { }, Token);

        Assert.Equal(BlobPush.Present, again);
        Assert.False(await repository.PushManifestAsync("v1", descriptor, manifest, Token));
    }

    [Fact]
    public async Task A_blob_of_a_sibling_repository_is_mounted()
    {
        (Descriptor blob, byte[] bytes) = Blob("mounted");
        await PushAsync(Repository("origin"), blob, bytes);

        BlobPush push = await Repository("target").PushBlobAsync(
            blob, ["origin"], (_, _) => throw new InvalidOperationException("the blob was opened"), _ => { }, Token);

        Assert.Equal(BlobPush.Mounted, push);
    }

    [Fact]
    public async Task A_mount_that_the_registry_cannot_do_becomes_an_upload()
    {
        (Descriptor blob, byte[] bytes) = Blob("unmountable");
        RegistryRepository repository = Repository("target2");

        BlobPush push = await repository.PushBlobAsync(blob, ["nowhere"], (_, _) => Task.FromResult<Stream>(new MemoryStream(bytes)), _ => { }, Token);

        Assert.Equal(BlobPush.Uploaded, push);
    }

    [Fact]
    public async Task A_blob_can_be_sent_in_pieces()
    {
        using var client = new RegistryClient(new RegistryOptions { UploadChunk = 1000 });
        byte[] bytes = [.. Enumerable.Range(0, 4500).Select(i => (byte)i)];
        var blob = new Descriptor(MediaTypes.OciLayer, Digest.Sha256(bytes), bytes.Length);
        RegistryRepository repository = client.Repository(registry.Host, "pieces", new RegistryAccess(FixedCredentials.None));
        var progress = new List<long>();

        await repository.PushBlobAsync(blob, [], (_, _) => Task.FromResult<Stream>(new MemoryStream(bytes)), progress.Add, Token);

        Assert.True(await repository.HasBlobAsync(blob.Digest, Token));
        Assert.Equal([1000, 2000, 3000, 4000, 4500], progress);
    }

    [Fact]
    public async Task A_missing_image_names_itself_and_the_registry()
    {
        BuildException e = await Assert.ThrowsAsync<BuildException>(() => Repository("absent").GetManifestAsync("v9", Token));

        Assert.Equal(ErrorKind.Input, e.Kind);
        Assert.StartsWith($"failed to pull image {registry.Host}/absent:v9: not found", e.Message, StringComparison.Ordinal);
        Assert.Null(await Repository("absent").TryHeadManifestAsync("v9", Token));
    }

    private RegistryRepository Repository(string path) => _client.Repository(registry.Host, path, new RegistryAccess(FixedCredentials.None));

    private static Task<BlobPush> PushAsync(RegistryRepository repository, Descriptor blob, byte[] bytes) =>
        repository.PushBlobAsync(blob, [], (_, _) => Task.FromResult<Stream>(new MemoryStream(bytes)), _ => { }, Token);

    private static (Descriptor Blob, byte[] Bytes) Blob(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return (new Descriptor(MediaTypes.OciConfig, Digest.Sha256(bytes), bytes.Length), bytes);
    }

    private static byte[] Manifest(Descriptor config) => Encoding.UTF8.GetBytes(
        $$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciManifest}}","config":{"mediaType":"{{config.MediaType}}","digest":"{{config.Digest}}","size":{{config.Size}}},"layers":[]}""");
}
