using Cairn.Frontend.Dockerfile.Contexts;
using Cairn.Frontend.Dockerfile.Graphs;
using Cairn.Frontend.Dockerfile.Instructions;
using Cairn.Frontend.Dockerfile.Parsing;
using Cairn.Llb;
using Google.Protobuf;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Dockerfile.Lowering;

/// <summary>The mounts of one RUN, collected.</summary>
internal sealed class RunMounts(FrontendOptions options, StageState stage, ContextTree context)
{
    private const uint DirectoryMode = 0b111_101_101;
    private const uint SecretMode = 0b100_000_000;
    private const uint AgentMode = 0b110_000_000;
    private const int ScriptMode = 0b111_101_101;
    private const string CacheDirectory = "/cache";

    private int _agents;

    /// <summary>Mounts of trees, caches and tmpfs.</summary>
    public List<ExecMount> Trees { get; } = [];

    /// <summary>Secrets and agents.</summary>
    public List<ExecMount> Deliveries { get; } = [];

    public List<Pb.SecretEnv> SecretVariables { get; } = [];

    /// <summary>Where the first agent socket is, or null.</summary>
    public string? FirstAgent { get; private set; }

    /// <param name="mount">The flag, expanded.</param>
    /// <param name="source">The stage it takes its tree from; null for the context and for mounts without a tree.</param>
    /// <exception cref="SyntaxFault">The target is wrong.</exception>
    public void Add(MountFlag mount, StageState? source)
    {
        switch (mount.Kind)
        {
            case MountKind.Tmpfs:
                Trees.Add(new ExecMount(Tmpfs(Target(mount.Target ?? ""), mount.Size ?? 0, mount.ReadOnly), null));
                break;
            case MountKind.Secret:
                AddSecret(mount);
                break;
            case MountKind.Ssh:
                AddAgent(mount);
                break;
            default:
                AddTree(mount, source);
                break;
        }
    }

    public void AddShm(long bytes) => Trees.Add(new ExecMount(Tmpfs("/dev/shm", bytes, readOnly: false), null));

    /// <summary>A file of its own in a directory, read only and executable.</summary>
    public void AddFile(string directory, string name, ByteString content)
    {
        var mkfile = new Pb.FileActionMkFile { Path = "/" + name, Mode = ScriptMode, Data = content, Timestamp = -1 };
        NodeNotes notes = NodeNotes.Named("[internal] preparing inline document");
        var node = new FileNode(null, [new FileStep(new Pb.FileAction { Mkfile = mkfile }, null)], notes);
        Trees.Add(new ExecMount(new Pb.Mount { Dest = directory, Selector = "/", Readonly = true }, GraphEdge.Of(node)));
    }

    private static Pb.Mount Tmpfs(string target, long bytes, bool readOnly) => new()
    {
        Dest = target,
        MountType = Pb.MountType.Tmpfs,
        TmpfsOpt = new Pb.TmpfsOpt { Size = bytes },
        Readonly = readOnly,
    };

    private void AddTree(MountFlag mount, StageState? source)
    {
        ContextTree from = source?.AsContext() ?? context;
        from.Use(mount.Source ?? "");
        GraphEdge? tree = from.Tree;
        string selector = UnixPath.Join("/", mount.Source ?? "");
        if (selector == "/")
        {
            selector = "";
            if (mount.Kind == MountKind.Cache && (mount.Mode ?? mount.UserId ?? mount.GroupId) is not null)
            {
                tree = WithCacheDirectory(tree, mount);
                selector = CacheDirectory;
            }
        }
        var message = new Pb.Mount { Dest = Target(mount.Target ?? ""), Selector = selector, Readonly = mount.ReadOnly };
        if (mount.Kind == MountKind.Cache)
        {
            message.MountType = Pb.MountType.Cache;
            message.CacheOpt = new Pb.CacheOpt
            {
                ID = $"{options.CacheNamespace}/{(string.IsNullOrEmpty(mount.Id) ? UnixPath.Clean(mount.Target ?? "") : mount.Id)}",
                Sharing = mount.Sharing switch
                {
                    "private" => Pb.CacheSharingOpt.Private,
                    "locked" => Pb.CacheSharingOpt.Locked,
                    _ => Pb.CacheSharingOpt.Shared,
                },
            };
        }
        Trees.Add(new ExecMount(message, tree));
    }

    private static GraphEdge WithCacheDirectory(GraphEdge? tree, MountFlag mount)
    {
        var mkdir = new Pb.FileActionMkDir
        {
            Path = CacheDirectory,
            Mode = (int)(mount.Mode ?? DirectoryMode),
            Owner = new Pb.ChownOpt
            {
                User = new Pb.UserOpt { ByID = mount.UserId ?? 0 },
                Group = new Pb.UserOpt { ByID = mount.GroupId ?? 0 },
            },
            Timestamp = -1,
        };
        NodeNotes notes = NodeNotes.Named("[internal] setting cache mount permissions");
        return GraphEdge.Of(new FileNode(tree, [new FileStep(new Pb.FileAction { Mkdir = mkdir }, null)], notes));
    }

    private void AddSecret(MountFlag mount)
    {
        string id = FirstGiven(mount.Id, mount.Source) ?? UnixPath.Base(mount.Target!);
        if (mount.Variable is { Length: > 0 } variable)
        {
            SecretVariables.Add(new Pb.SecretEnv { ID = id, Name = variable, Optional = !mount.Required });
            if (string.IsNullOrEmpty(mount.Target))
            {
                return;
            }
        }
        string target = FirstGiven(mount.Target) ?? $"/run/secrets/{UnixPath.Base(id)}";
        var option = new Pb.SecretOpt
        {
            ID = id, Uid = mount.UserId ?? 0, Gid = mount.GroupId ?? 0, Mode = mount.Mode ?? SecretMode, Optional = !mount.Required,
        };
        Deliveries.Add(new ExecMount(new Pb.Mount { Dest = Target(target), MountType = Pb.MountType.Secret, SecretOpt = option }, null));
    }

    private void AddAgent(MountFlag mount)
    {
        string target = Target(FirstGiven(mount.Target) ?? $"/run/buildkit/ssh_agent.{_agents}");
        _agents++;
        FirstAgent ??= target;
        var option = new Pb.SSHOpt
        {
            ID = mount.Id ?? "", Uid = mount.UserId ?? 0, Gid = mount.GroupId ?? 0, Mode = mount.Mode ?? AgentMode, Optional = !mount.Required,
        };
        Deliveries.Add(new ExecMount(new Pb.Mount { Dest = target, MountType = Pb.MountType.Ssh, SSHOpt = option }, null));
    }

    private static string? FirstGiven(params ReadOnlySpan<string?> texts)
    {
        foreach (string? text in texts)
        {
            if (!string.IsNullOrEmpty(text))
            {
                return text;
            }
        }
        return null;
    }

    private string Target(string target)
    {
        string path = target.StartsWith('/') ? target : UnixPath.Join("/", stage.WorkingDirectory, target);
        return UnixPath.Clean(path) != "/" ? path : throw new SyntaxFault($"invalid mount target \"{target}\"");
    }
}
