using System.Text;
using Cairn.Cli.Contexts;
using Cairn.Cli.Settings;
using Cairn.Llb;
using Cairn.Llb.Credentials;
using Cairn.Solver.Registry;
using Cairn.Solver.Sessions;
using Cairn.Solver.Sources;

namespace Cairn.Cli.Building;

/// <summary>What the build may ask of this machine: directories, secrets, agents, logins, places for results.</summary>
internal sealed class BuildSession : IDisposable
{
    private const int MaxSecretBytes = 500 * 1024;   // as docker buildx limits them

    private readonly List<LocalDirectory> _directories = [];

    private BuildSession(string id, BuildSettings settings, OpenedContexts contexts, OutputPlan plan, CachePlan caches)
    {
        Dictionary<string, ILocalFiles> files = new(StringComparer.Ordinal);
        foreach ((string name, string path) in contexts.Directories)
        {
            LocalDirectory directory = new(path, sharedKey: path);
            _directories.Add(directory);
            files.Add(name, directory);
        }

        Session = new InProcessSession(new InProcessSessionOptions
        {
            Id = id,
            Files = files,
            Secrets = new SecretValues(settings.Secrets.ToDictionary(s => s.Id, Reader, StringComparer.Ordinal)),
            Credentials = new DockerCredentials(DockerConfig.Default()),
            Ssh = new SshSockets(settings.Ssh.ToDictionary(s => s.Id, Socket, StringComparer.Ordinal)),
            Exports = new ExportPaths(plan.Destinations),
            Layouts = new LayoutDirectories(contexts.Layouts),
            Contents = caches.Contents,
        });
    }

    public ISession Session { get; }

    /// <exception cref="BuildException">Input: a secret's file or an agent's socket is not there.</exception>
    public static BuildSession Open(string id, BuildSettings settings, OpenedContexts contexts, OutputPlan plan, CachePlan caches) =>
        new(id, settings, contexts, plan, caches);

    public void Dispose() => _directories.ForEach(d => d.Dispose());

    // Files are looked at now, so that a wrong path is told before the build; they are read when the build asks.
    internal static Func<byte[]?> Reader(SecretSpec secret)
    {
        if (secret.Variable is { } variable)
        {
            return () => Environment.GetEnvironmentVariable(variable) is { } value ? Encoding.UTF8.GetBytes(value) : null;
        }

        string path = Path.GetFullPath(secret.File!);
        FileInfo file = new(path);
        if (!file.Exists)
        {
            throw new BuildException(ErrorKind.Input, "", "", $"failed to read secret {secret.Id}: no file {secret.File}");
        }

        return file.Length <= MaxSecretBytes
            ? () => File.ReadAllBytes(path)
            : throw new BuildException(ErrorKind.Input, "", "", $"failed to read secret {secret.Id}: {secret.File} is larger than {MaxSecretBytes} bytes");
    }

    internal static string Socket(SshSpec ssh)
    {
        if (ssh.Paths.Count > 1)
        {
            throw new BuildException(ErrorKind.Input, "", "", $"--ssh {ssh.Id}: one socket at most; key files are missing in this version");
        }

        string? path = ssh.Paths.Count == 1 ? ssh.Paths[0] : Environment.GetEnvironmentVariable("SSH_AUTH_SOCK");
        if (string.IsNullOrEmpty(path))
        {
            throw new BuildException(
                ErrorKind.Input, "", "", $"--ssh {ssh.Id}: there is no SSH agent: SSH_AUTH_SOCK is not set", "Start one (eval \"$(ssh-agent)\") or name its socket.");
        }

        if (!File.Exists(path) || (File.GetAttributes(path) & FileAttributes.Normal) == FileAttributes.Normal)
        {
            throw new BuildException(
                ErrorKind.Input, "", "", $"--ssh {ssh.Id}: {path} is no socket of an SSH agent; key files are missing in this version");
        }

        return Path.GetFullPath(path);
    }
}
