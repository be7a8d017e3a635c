using Cairn.Llb;
using Cairn.Llb.Credentials;
using Xunit;

namespace Cairn.Solver.Tests.Transfer;

public sealed class DockerConfigTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Entries_are_found_by_host_however_they_are_written()
    {
        DockerConfig config = Write("""
            {"auths":{
              "https://index.docker.io/v1/":{"auth":"aHViOnNlY3JldA=="},
              "https://example.com/v2/":{"username":"u","password":"p"},
              "127.0.0.1:5000":{"identitytoken":"t"},
              "empty.example.com":{}}}
            """);

        Assert.Equal(new RegistryCredential("hub", "secret"), await Get(config, "docker.io"));
        Assert.Equal(new RegistryCredential("hub", "secret"), await Get(config, "registry-1.docker.io"));
        Assert.Equal(new RegistryCredential("u", "p"), await Get(config, "example.com"));
        Assert.Equal(new RegistryCredential("", "t"), await Get(config, "127.0.0.1:5000"));
        Assert.Null(await Get(config, "empty.example.com"));
        Assert.Null(await Get(config, "other.example.com"));
    }

    [Fact]
    public async Task Without_a_file_nobody_is_known() => Assert.Null(await Get(new DockerConfig(_directory["none.json"]), "example.com"));

    [Fact]
    public async Task A_file_that_is_no_json_is_named()
    {
        BuildException e = await Assert.ThrowsAsync<BuildException>(() => Get(Write("{"), "example.com"));

        Assert.Contains(_directory["config.json"], e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_helper_that_is_missing_is_named()
    {
        DockerConfig config = Write("""{"credHelpers":{"example.com":"cairn-no-such"}}""");

        BuildException e = await Assert.ThrowsAsync<BuildException>(() => Get(config, "example.com"));

        Assert.Contains("docker-credential-cairn-no-such", e.Message, StringComparison.Ordinal);
    }

    private DockerConfig Write(string json)
    {
        File.WriteAllText(_directory["config.json"], json);
        return new DockerConfig(_directory["config.json"]);
    }

    private static Task<RegistryCredential?> Get(DockerConfig config, string host) => config.GetAsync(host, TestContext.Current.CancellationToken);
}
