using Cairn.Frontend.Dockerfile.Graphs;
using Cairn.Frontend.Dockerfile.Parsing;
using Cairn.Llb;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Dockerfile.Contexts;

/// <summary>The build context and the Dockerfile: where they are, and their sources in the graph.</summary>
internal sealed class MainContext
{
    private const string DownloadName = "context";
    private const int ArchiveHead = 1024;
    private const string LocalName = "context";

    private readonly IDockerfileHost _host;
    private readonly FrontendOptions _options;
    private readonly ContextTree? _remote;   // null: a directory of the client
    private readonly bool _isSingleFile;   // the remote context is the Dockerfile itself
    private byte[]? _ignoreBesideDockerfile;
    private string _ignoreName = ".dockerignore";
    private IReadOnlyList<string> _ignored = [];

    private MainContext(IDockerfileHost host, FrontendOptions options, ContextTree? remote, bool isSingleFile)
    {
        _host = host;
        _options = options;
        _remote = remote;
        _isSingleFile = isSingleFile;
    }

    /// <summary>What the ignore file leaves out; known after <see cref="LoadIgnoreFileAsync"/>.</summary>
    public IReadOnlyList<string> Ignored => _ignored;

    /// <exception cref="BuildException">The context cannot be read.</exception>
    public static async Task<MainContext> OpenAsync(IDockerfileHost host, FrontendOptions options, CancellationToken cancellationToken)
    {
        if (options.MainContext is { } text)
        {
            if (GitReference.TryParse(text, isContext: true) is { } git)
            {
                bool keep = git.KeepGitDirectory ?? options.KeepGitDirectory;
                if (options.BuildArgument("SOURCE_DATE_EPOCH") is not null)
                {
                    git = git with { ModificationTimes = git.ModificationTimes ?? "commit" };
                }
                SourceNode node = GitSource.Create(git, keep, git.Checksum, NodeNotes.Named($"[internal] load git source {text}"));
                return new MainContext(host, options, InSubdirectory(ContextTree.Of(node), options), isSingleFile: false);
            }
            if (HttpSource.IsAddress(text))
            {
                return await OpenDownloadAsync(host, options, text, cancellationToken);
            }
        }
        if (host.Inputs.TryGetValue("context", out Pb.Definition? input))
        {
            return new MainContext(host, options, new ContextTree(ImportedNode.Load(input, "context"), null), isSingleFile: false);
        }
        return new MainContext(host, options, null, isSingleFile: false);
    }

    /// <summary>Reads the Dockerfile.</summary>
    /// <exception cref="BuildException">It is absent.</exception>
    public async Task<LoadedDockerfile> LoadDockerfileAsync(CancellationToken cancellationToken)
    {
        string file = _isSingleFile ? DownloadName : _options.FileName;
        Pb.Definition definition = DefinitionWriter.Write(DockerfileTree(file), source: null);
        byte[]? content = await _host.ReadFileAsync(definition, file, cancellationToken);
        if (content is null && LowerCaseName(file) is { } lower)
        {
            content = await _host.ReadFileAsync(definition, lower, cancellationToken);
        }
        if (content is null)
        {
            throw new BuildException(ErrorKind.Input, "read dockerfile", "", $"open {file}: no such file or directory");
        }
        _ignoreName = $"{file}.dockerignore";
        _ignoreBesideDockerfile = _isSingleFile ? null : await _host.ReadFileAsync(definition, _ignoreName, cancellationToken);
        return new LoadedDockerfile(new SourceText(file, content), definition, _ignoreBesideDockerfile);
    }

    /// <summary>Reads the ignore file; call it once the Dockerfile is known to use the context.</summary>
    /// <exception cref="BuildException">A pattern is wrong.</exception>
    public async Task LoadIgnoreFileAsync(CancellationToken cancellationToken)
    {
        if (_remote is not null)
        {
            return;
        }
        byte[]? content = _ignoreBesideDockerfile;
        if (content is null)
        {
            _ignoreName = ".dockerignore";
            LocalNode node = Local(LocalName, $"{LocalName}-{_ignoreName}", "[internal] load .dockerignore");
            node.Follow([_ignoreName]);
            node.TransferWhole();
            content = await _host.ReadFileAsync(DefinitionWriter.Write(GraphEdge.Of(node), source: null), _ignoreName, cancellationToken);
        }
        _ignored = content is null ? [] : IgnoreFile.Read(content, _ignoreName);
    }

    /// <summary>The context as a source of its own: each platform learns for itself which paths it uses.</summary>
    public ContextTree CreateTree()
    {
        if (_remote is not null)
        {
            return _remote;
        }
        LocalNode node = Local(LocalName, LocalName, "[internal] load build context");
        node.Exclude(_ignored);
        return ContextTree.Of(node);
    }

    private static async Task<MainContext> OpenDownloadAsync(
        IDockerfileHost host, FrontendOptions options, string address, CancellationToken cancellationToken)
    {
        SourceNode download = HttpSource.Create(address, DownloadName, null, NodeNotes.Named("[internal] load remote build context"));
        GraphEdge file = GraphEdge.Of(download);
        Pb.Definition definition = DefinitionWriter.Write(file, source: null);
        byte[] content = await host.ReadFileAsync(definition, DownloadName, cancellationToken)
            ?? throw new BuildException(ErrorKind.Input, "download context", address, "the download left no file");
        if (!ArchiveHeader.IsArchive(content.AsSpan(0, Math.Min(content.Length, ArchiveHead))))
        {
            return new MainContext(host, options, new ContextTree(file, null), isSingleFile: true);
        }
        var copy = new Pb.FileActionCopy
        {
            Src = $"/{DownloadName}", Dest = "/", Mode = -1, Timestamp = -1, AttemptUnpackDockerCompatibility = true,
        };
        var unpacked = new FileNode(null, [new FileStep(new Pb.FileAction { Copy = copy }, file)], new NodeNotes());
        return new MainContext(host, options, InSubdirectory(ContextTree.Of(unpacked), options), isSingleFile: false);
    }

    private static ContextTree InSubdirectory(ContextTree context, FrontendOptions options)
    {
        if (options.ContextSubdirectory is not { } path)
        {
            return context;
        }
        var copy = new Pb.FileActionCopy { Src = UnixPath.Join("/", path), Dest = "/", Mode = -1, Timestamp = -1, DirCopyContents = true };
        return ContextTree.Of(new FileNode(null, [new FileStep(new Pb.FileAction { Copy = copy }, context.Tree)], new NodeNotes()));
    }

    private GraphEdge? DockerfileTree(string file)
    {
        if (_options.DockerfileKey is null)
        {
            if (_host.Inputs.TryGetValue("dockerfile", out Pb.Definition? input))
            {
                return ImportedNode.Load(input, "dockerfile");
            }
            if (_remote is not null)
            {
                return _remote.Tree;
            }
        }
        const string Hint = "dockerfile";
        LocalNode node = Local(_options.DockerfileKey ?? Hint, Hint, $"[internal] load build definition from {file}");
        List<string> paths = [file, $"{file}.dockerignore"];
        if (LowerCaseName(file) is { } lower)
        {
            paths.Add(lower);
        }
        node.Follow(paths);
        node.TransferWhole();
        return GraphEdge.Of(node);
    }

    private LocalNode Local(string name, string sharedKeyHint, string displayName) =>
        new(name, _options.LocalSession(name) ?? _host.SessionId, sharedKeyHint, NodeNotes.Named(displayName));

    private static string? LowerCaseName(string file) =>
        UnixPath.Base(file) == "Dockerfile" ? file[..^"Dockerfile".Length] + "dockerfile" : null;
}
