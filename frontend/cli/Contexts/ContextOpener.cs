using Cairn.Cli.Settings;
using Cairn.Frontend.Gateway;
using Cairn.Llb;
using Cairn.Protos.Pb;
using Cairn.Solver;

namespace Cairn.Cli.Contexts;

/// <summary>Finds the main context, the Dockerfile and the named contexts of a build. What comes from the standard input is kept in a scratch directory until the build is over.</summary>
internal sealed class ContextOpener(BuildSettings settings, string sessionId, Stream standardInput) : IDisposable
{
    private const string Stdin = "-";
    private const string ArchiveName = "context";

    private readonly SortedDictionary<string, string> _options = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _directories = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _layouts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Definition> _inputs = new(StringComparer.Ordinal);
    private DirectoryInfo? _scratch;

    /// <exception cref="BuildException">Input: something named is not there.</exception>
    public async Task<OpenedContexts> OpenAsync(CancellationToken cancellationToken)
    {
        IFrontend frontend = settings.Definition is { } definition
            ? await OpenDefinitionAsync(definition, cancellationToken)
            : await OpenMainAsync(cancellationToken);
        foreach ((string name, string value) in settings.NamedContexts)
        {
            OpenNamed(name, value);
        }

        return new OpenedContexts(frontend, _options, _directories, _layouts)
        {
            Definition = (frontend as DefinitionFrontend)?.Definition,
            Inputs = _inputs,
        };
    }

    public void Dispose() => _scratch?.Delete(recursive: true);

    // A definition may read local://context and local://dockerfile: both are the directory given, as with buildctl's --local.
    private async Task<IFrontend> OpenDefinitionAsync(string definition, CancellationToken cancellationToken)
    {
        if (settings.Context != Stdin)
        {
            AddDirectory("context", FullDirectory(settings.Context));
            AddDirectory("dockerfile", FullDirectory(settings.Context));
        }

        byte[] bytes;
        if (definition == Stdin)
        {
            using MemoryStream all = new();
            await standardInput.CopyToAsync(all, cancellationToken);
            bytes = all.ToArray();
        }
        else
        {
            bytes = await ReadAsync("read definition", definition, cancellationToken);
        }

        return DefinitionFrontend.Read(bytes, definition == Stdin ? "from the standard input" : definition);
    }

    private async Task<IFrontend> OpenMainAsync(CancellationToken cancellationToken)
    {
        string context = settings.Context;
        if (context == Stdin)
        {
            return await OpenStdinAsync(cancellationToken);
        }

        bool isRemote = !Directory.Exists(context) && RemoteContext.IsRemote(context);
        if (isRemote)
        {
            _options["context"] = context;
        }
        else
        {
            AddDirectory("context", FullDirectory(context));
        }

        if (settings.File == Stdin)
        {
            await KeepDockerfileAsync(standardInput, cancellationToken);
            if (isRemote)
            {
                _options["dockerfilekey"] = "dockerfile";
            }
        }
        else if (isRemote)
        {
            if (settings.File is { } inside)
            {
                _options["filename"] = inside;
            }
        }
        else
        {
            AddDockerfile(settings.File is { } file ? Path.GetFullPath(file) : Path.Combine(_directories["context"], "Dockerfile"), settings.File);
        }

        return new DockerfileV0();
    }

    private async Task<IFrontend> OpenStdinAsync(CancellationToken cancellationToken)
    {
        string directory = Directory.CreateDirectory(Path.Combine(Scratch(), "stdin")).FullName;
        string path = Path.Combine(directory, ArchiveName);
        await using (FileStream file = File.Create(path))
        {
            await standardInput.CopyToAsync(file, cancellationToken);
        }

        byte[] head = new byte[ArchiveMagic.Length];
        int length;
        await using (FileStream file = File.OpenRead(path))
        {
            length = await file.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        }

        if (ArchiveMagic.IsArchive(head.AsSpan(0, length)))
        {
            AddDirectory("stdin", directory);
            if (settings.File is { } inside)
            {
                _options["filename"] = inside;
            }

            _inputs["context"] = ArchiveContext.Define("stdin", ArchiveName, sessionId);
            return new DockerfileV0(_inputs);
        }

        if (settings.File is not null)
        {
            throw new BuildException(
                ErrorKind.Input, "", "", "the standard input is not a tar archive, so it cannot be the context of --file " + settings.File);
        }

        await using (FileStream file = File.OpenRead(path))
        {
            await KeepDockerfileAsync(file, cancellationToken);
        }

        AddDirectory("context", Directory.CreateDirectory(Path.Combine(Scratch(), "empty")).FullName);
        return new DockerfileV0();
    }

    private async Task KeepDockerfileAsync(Stream content, CancellationToken cancellationToken)
    {
        string directory = Directory.CreateDirectory(Path.Combine(Scratch(), "dockerfile")).FullName;
        await using FileStream file = File.Create(Path.Combine(directory, "Dockerfile"));
        await content.CopyToAsync(file, cancellationToken);
        AddDirectory("dockerfile", directory);
    }

    private void AddDockerfile(string path, string? given)
    {
        if (Directory.Exists(path))
        {
            throw new BuildException(ErrorKind.Input, "", "", $"failed to read dockerfile: {given ?? path} is a directory", remedy: "Name the file with --file.");
        }

        if (given is not null && !File.Exists(path))
        {
            throw new BuildException(ErrorKind.Input, "", "", $"failed to read dockerfile: open {given}: no such file or directory");
        }

        AddDirectory("dockerfile", Path.GetDirectoryName(path)!);
        _options["filename"] = Path.GetFileName(path);
    }

    private void OpenNamed(string name, string value)
    {
        const string LayoutScheme = "oci-layout://";
        string key = "context:" + name;
        if (value.StartsWith(LayoutScheme, StringComparison.Ordinal))
        {
            LayoutReference layout = LayoutReference.Open(value[LayoutScheme.Length..]);
            _layouts[name] = layout.Directory;
            _options[key] = $"{LayoutScheme}{name}@{layout.Digest}";
        }
        else if (!Directory.Exists(value) && (value.Contains("://", StringComparison.Ordinal) || RemoteContext.IsRemote(value)))
        {
            _options[key] = value;
        }
        else
        {
            // "context" and "dockerfile" are the names of the main ones.
            string local = name is "context" or "dockerfile" or "stdin" ? "_" + name : name;
            AddDirectory(local, Directory.Exists(value)
                ? Path.GetFullPath(value)
                : throw new BuildException(ErrorKind.Input, "", "", $"failed to get build context {name}: path {value} not found"));
            _options[key] = "local:" + local;
        }
    }

    private void AddDirectory(string name, string path) => _directories[name] = path;

    private static string FullDirectory(string path)
    {
        string full = Path.GetFullPath(path);
        return Directory.Exists(full)
            ? full
            : throw new BuildException(
                ErrorKind.Input, "", "", File.Exists(full)
                    ? $"unable to prepare context: path \"{path}\" is a file, not a directory"
                    : $"unable to prepare context: path \"{path}\" not found");
    }

    private static async Task<byte[]> ReadAsync(string doing, string path, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllBytesAsync(path, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BuildException(ErrorKind.Input, doing, path, e is FileNotFoundException or DirectoryNotFoundException ? "no such file" : e.Message, inner: e);
        }
    }

    private string Scratch() => (_scratch ??= Directory.CreateTempSubdirectory("cairn-")).FullName;
}
