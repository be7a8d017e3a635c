using System.Text.Json;
using Cairn.Frontend.Dockerfile.Graphs;
using Cairn.Frontend.Dockerfile.Images;
using Cairn.Llb;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Dockerfile.Contexts;

/// <summary>The contexts given by name: they stand in for images and stages.</summary>
internal sealed class NamedContexts(IDockerfileHost host, FrontendOptions options)
{
    private static readonly string[] Reserved = ["context", "scratch"];

    /// <summary>The value given for a name and platform, or null.</summary>
    public string? Find(string name, Platform platform)
    {
        if (Reserved.Contains(name))
        {
            return null;
        }
        string key = ImageReference.TryParse(name, out ImageReference? reference) ? Shorten(reference.Familiar) : name;
        return options.Find($"context:{key}::{platform.Format()}") ?? options.Find($"context:{key}");
    }

    /// <exception cref="BuildException">The value is wrong or cannot be loaded.</exception>
    public async Task<NamedContext> LoadAsync(string name, string value, Platform platform, CancellationToken cancellationToken)
    {
        int colon = value.IndexOf(':', StringComparison.Ordinal);
        string scheme = colon < 0 ? value : value[..colon];
        string rest = colon < 0 ? "" : value[(colon + 1)..];
        if (scheme is not ("docker-image" or "oci-layout" or "local" or "input"))
        {
            return LoadRemote(name, value, scheme);
        }
        return scheme switch
        {
            "docker-image" => await LoadImageAsync(name, rest.TrimStart('/'), platform, cancellationToken),
            "oci-layout" => await LoadLayoutAsync(name, rest.TrimStart('/'), platform, cancellationToken),
            "local" => await LoadLocalAsync(name, rest, cancellationToken),
            _ => LoadInput(name, rest),
        };
    }

    private static string Shorten(string familiar) =>
        familiar.EndsWith(":latest", StringComparison.Ordinal) ? familiar[..^":latest".Length] : familiar;

    private static NamedContext LoadRemote(string name, string value, string scheme)
    {
        if (GitReference.TryParse(value, isContext: false) is { } git)
        {
            NodeNotes notes = NodeNotes.Named($"[context {name}] load git source {value}");
            return new NamedContext(ContextTree.Of(GitSource.Create(git, git.KeepGitDirectory ?? false, git.Checksum, notes)), null);
        }
        return HttpSource.IsAddress(value)
            ? new NamedContext(ContextTree.Of(HttpSource.Create(value, "context", null, NodeNotes.Named($"[context {name}] {value}"))), null)
            : throw new BuildException(ErrorKind.Input, "", "", $"unsupported context source {scheme} for {name}");
    }

    private async Task<NamedContext> LoadImageAsync(string name, string text, Platform platform, CancellationToken cancellationToken)
    {
        if (text == "scratch")
        {
            return new NamedContext(new ContextTree(null, null), null);
        }
        var reference = ImageReference.Parse(text);
        ResolvedImage resolved = await host.ResolveImageAsync(
            new ImageRequest(reference.ToString(), platform, options.ResolveMode, $"[context {name}] load metadata for {reference}"),
            cancellationToken);
        SourceNode node = ImageSource.Create(reference, platform, options.ResolveMode, NodeNotes.Named($"[context {name}] {reference}"));
        return WithImage(ContextTree.Of(node), resolved.Config.ToArray(), reference.ToString());
    }

    private async Task<NamedContext> LoadLayoutAsync(string name, string text, Platform platform, CancellationToken cancellationToken)
    {
        int at = text.IndexOf('@', StringComparison.Ordinal);
        if (at <= 0 || !Digest.TryParse(text[(at + 1)..], out Digest digest))
        {
            throw new BuildException(ErrorKind.Input, "read context", name, $"oci-layout reference \"{text}\" has no digest");
        }
        string store = text[..at];
        int tag = store.LastIndexOf(':');
        store = tag > store.LastIndexOf('/') ? store[..tag] : store;
        string reference = ImageReference.Parse(name).WithDigest(digest).ToString();
        ResolvedImage resolved = await host.ResolveImageAsync(
            new ImageRequest(reference, platform, options.ResolveMode, $"[context {name}] load metadata for {reference}", store),
            cancellationToken);
        var node = new SourceNode($"oci-layout://{reference}", NodeNotes.Named($"[context {name}] OCI load from client")) { Platform = platform };
        node.Capabilities.Add("source.ocilayout");
        node.With("oci.store", store, null).With("oci.session", host.SessionId, null);
        return WithImage(ContextTree.Of(node), resolved.Config.ToArray(), reference);
    }

    private async Task<NamedContext> LoadLocalAsync(string name, string localName, CancellationToken cancellationToken)
    {
        const string IgnoreName = ".dockerignore";
        string session = options.LocalSession(localName) ?? host.SessionId;
        string hint = $"context:{name}-{options.Find($"sharedkey:localdir:{name}") ?? localName}";
        var ignore = new LocalNode(localName, session, $"{hint}-{IgnoreName}", NodeNotes.Named($"[context {name}] load {IgnoreName}"));
        ignore.Follow([IgnoreName]);
        ignore.TransferWhole();
        byte[]? content = await host.ReadFileAsync(DefinitionWriter.Write(GraphEdge.Of(ignore), source: null), IgnoreName, cancellationToken);
        var node = new LocalNode(localName, session, hint, NodeNotes.Named($"[context {name}] load from client"));
        node.Exclude(content is null ? [] : IgnoreFile.Read(content, $"{name}/{IgnoreName}"));
        return new NamedContext(ContextTree.Of(node), null);
    }

    private NamedContext LoadInput(string name, string inputName)
    {
        if (!host.Inputs.TryGetValue(inputName, out Pb.Definition? definition))
        {
            throw new BuildException(ErrorKind.Input, "", "", $"invalid input {inputName} for {name}");
        }
        var tree = new ContextTree(ImportedNode.Load(definition, inputName), null);
        if (options.Find($"input-metadata:{inputName}") is not { } metadata)
        {
            return new NamedContext(tree, null);
        }
        try
        {
            using JsonDocument document = JsonDocument.Parse(metadata);
            return document.RootElement.TryGetProperty("containerimage.config", out JsonElement config)
                ? WithImage(tree, config.GetBytesFromBase64(), inputName)
                : new NamedContext(tree, null);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw new BuildException(ErrorKind.Input, "read option", $"input-metadata:{inputName}", e.Message, inner: e);
        }
    }

    private static NamedContext WithImage(ContextTree tree, byte[] config, string name)
    {
        ImageConfig image = ImageConfigJson.Read(config, name);
        bool isEmpty = image.DiffIds is null or { Count: 0 };
        return new NamedContext(isEmpty ? new ContextTree(null, null) : tree, image) { ImageBytes = config };
    }
}
