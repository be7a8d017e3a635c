using System.Text;
using Cairn.Llb;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Dockerfile.Tests;

/// <summary>A host with a Dockerfile, the golden context and the golden base image; nothing is solved.</summary>
internal sealed class GoldenHost : IDockerfileHost
{
    public const string Image = "127.0.0.1:5000/library/busybox:latest";

    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private readonly List<DockerfileWarning> _warnings = [];

    public GoldenHost(byte[] dockerfile)
    {
        _files["Dockerfile"] = dockerfile;
        _files[".dockerignore"] = Golden.Read("context/.dockerignore");
    }

    public GoldenHost(string dockerfile)
        : this(Encoding.UTF8.GetBytes(dockerfile)) => _files.Remove(".dockerignore");

    public string SessionId => "golden-session";

    public IReadOnlyList<Platform> WorkerPlatforms { get; } = [Platform.Create("linux", "amd64"), Platform.Create("linux", "arm64")];

    public IReadOnlyDictionary<string, Pb.Definition> Inputs { get; init; } = new Dictionary<string, Pb.Definition>();

    /// <summary>Config of any image asked for; the golden base by default.</summary>
    public byte[] Config { get; init; } = Golden.Read("base/busybox.config.json");

    /// <summary>What happens to whoever asks for an image, if set.</summary>
    public BuildException? Refusal { get; init; }

    public IReadOnlyList<DockerfileWarning> Warnings => _warnings;

    public List<ImageRequest> Requests { get; } = [];

    public List<string> Reads { get; } = [];

    public GoldenHost With(string path, string content)
    {
        _files[path] = Encoding.UTF8.GetBytes(content);
        return this;
    }

    public GoldenHost Without(string path)
    {
        _files.Remove(path);
        return this;
    }

    public Task<ResolvedImage> ResolveImageAsync(ImageRequest request, CancellationToken cancellationToken)
    {
        lock (Requests)
        {
            Requests.Add(request);
        }
        if (Refusal is { } refusal)
        {
            throw refusal;
        }
        return Task.FromResult(new ResolvedImage(Digest.Sha256(Golden.Read("base/busybox.manifest.json")), Config));
    }

    public Task<byte[]?> ReadFileAsync(Pb.Definition definition, string path, CancellationToken cancellationToken)
    {
        string identifier = Pb.Op.Parser.ParseFrom(definition.Def[0]).Source?.Identifier ?? "scratch";
        Reads.Add($"{identifier} {path}");
        return Task.FromResult(_files.GetValueOrDefault(path));
    }

    public void Warn(DockerfileWarning warning) => _warnings.Add(warning);
}
