using Cairn.Protos.Pb;

namespace Cairn.Llb.Building.Nodes;

/// <summary>A run.</summary>
internal sealed class ExecNode : BuildNode
{
    public const string RootTarget = "/";

    private const string PathVariable = "PATH";
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private const string SshVariable = "SSH_AUTH_SOCK";
    private const long Nothing = -1;

    private readonly State _state;
    private readonly RunOptions _run;
    private readonly List<RunMount> _mounts;

    public ExecNode(State state, RunOptions run)
        : base(run.Options)
    {
        _state = state;
        _run = run;
        _mounts = [RunMount.Bind(RootTarget, state, isReadOnly: run.HasReadOnlyRoot), .. run.Mounts];
        _mounts = [.. _mounts.OrderBy(mount => mount.Target, StringComparer.Ordinal)];
    }

    public override IEnumerable<NodeOutput> Inputs => _mounts.Select(mount => mount.Source?.Output).OfType<NodeOutput>();

    public override Platform? Platform => Options.Platform ?? _state.Platform;

    /// <summary>The output that a mount becomes; null when there is none.</summary>
    public int? OutputIndex(string target)
    {
        int index = 0;
        foreach (RunMount mount in _mounts)
        {
            if (mount.Target == target)
            {
                return mount.HasOutput ? index : null;
            }

            index += mount.HasOutput ? 1 : 0;
        }

        return null;
    }

    public override void Write(OpDraft draft)
    {
        draft.HasPlatform = true;
        Require(draft);
        string[] sockets = [.. _run.SshSockets.Select((socket, index) => socket.Target ?? $"/run/buildkit/ssh_agent.{index}")];
        draft.Op.Exec = new ExecOp
        {
            Meta = WriteMeta(draft, sockets),
            Network = _run.Network ?? _state.Network,
            Security = _run.Security ?? _state.Security,
        };
        draft.Op.Exec.CdiDevices.Add(_run.Devices);
        WriteMounts(draft);
        WriteSecrets(draft.Op.Exec);
        for (int i = 0; i < sockets.Length; i++)
        {
            draft.Op.Exec.Mounts.Add(Socket(_run.SshSockets[i], sockets[i]));
        }
    }

    private static Mount Socket(RunSshSocket socket, string target) => new()
    {
        Input = Nothing,
        Dest = target,
        MountType = MountType.Ssh,
        SSHOpt = new SSHOpt { ID = socket.Id, Uid = socket.UserId, Gid = socket.GroupId, Mode = socket.Mode, Optional = socket.IsOptional },
    };

    private Meta WriteMeta(OpDraft draft, string[] sockets)
    {
        State inside = _run.Directory is { } directory ? _state.WithDirectory(directory) : _state;
        foreach ((string name, string value) in _run.Env)
        {
            inside = inside.WithEnv(name, value);
        }

        if (sockets.Length > 0 && !Has(inside, SshVariable))
        {
            inside = inside.WithEnv(SshVariable, sockets[0]);
        }

        if (draft.Options.Capabilities is { } known)
        {
            if (known.Contains(Capabilities.ExecMetaSetsDefaultPath))
            {
                draft.Capabilities.Add(Capabilities.ExecMetaSetsDefaultPath);
            }
            else if (!Has(inside, PathVariable))
            {
                inside = inside.WithEnv(PathVariable, DefaultPath);
            }
        }

        var meta = new Meta
        {
            Cwd = inside.Directory,
            User = _run.User ?? inside.User,
            ProxyEnv = _run.Proxy,
            Hostname = inside.Hostname,
            CgroupParent = inside.CgroupParent,
            RemoveMountStubsRecursive = true,
        };
        meta.Args.Add(_run.Arguments);
        meta.Env.Add(inside.Env.Select(pair => $"{pair.Key}={pair.Value}"));
        meta.ExtraHosts.Add(inside.ExtraHosts.Concat(_run.ExtraHosts));
        meta.Ulimit.Add(inside.Ulimits.Concat(_run.Ulimits));
        meta.ValidExitCodes.Add(_run.ValidExitCodes);
        if (meta.Ulimit.Count > 0)
        {
            draft.Capabilities.Add(Capabilities.ExecMetaUlimit);
        }

        return meta;
    }

    private static bool Has(State state, string variable) => state.Env.Any(pair => pair.Key == variable);

    private void WriteMounts(OpDraft draft)
    {
        int outputs = 0;
        foreach (RunMount mount in _mounts)
        {
            draft.Op.Exec.Mounts.Add(mount.ToMessage(draft.AddInput(mount.Source?.Output), mount.HasOutput ? outputs++ : Nothing));
        }
    }

    private void WriteSecrets(ExecOp exec)
    {
        foreach (RunSecret secret in _run.Secrets)
        {
            if (secret.Variable is { } variable)
            {
                exec.Secretenv.Add(new SecretEnv { ID = secret.Id, Name = variable, Optional = secret.IsOptional });
            }

            if (secret.Target is { } target)
            {
                exec.Mounts.Add(new Mount
                {
                    Input = Nothing,
                    Dest = target,
                    MountType = MountType.Secret,
                    SecretOpt = new SecretOpt
                    {
                        ID = secret.Id, Uid = secret.UserId, Gid = secret.GroupId, Mode = secret.Mode, Optional = secret.IsOptional,
                    },
                });
            }
        }
    }

    private void Require(OpDraft draft)
    {
        void Need(bool isUsed, params ReadOnlySpan<string> capabilities)
        {
            foreach (string capability in isUsed ? capabilities : [])
            {
                draft.Capabilities.Add(capability);
            }
        }

        Need(true, Capabilities.ExecMetaBase, Capabilities.ExecMountBind);
        Need(_run.Proxy is not null, Capabilities.ExecMetaProxyEnv);
        Need((_run.Network ?? _state.Network) != NetMode.Unset, Capabilities.ExecMetaNetwork);
        Need((_run.Security ?? _state.Security) != SecurityMode.Sandbox, Capabilities.ExecMetaSecurity);
        Need(_run.ValidExitCodes.Count > 0, Capabilities.ExecValidExitCode);
        Need(_run.Devices.Count > 0, Capabilities.ExecMetaCdi);
        Need(Options.LinuxResources is not null, Capabilities.ExecMetaLinuxResources);
        Need(_run.Secrets.Any(secret => secret.Target is not null), Capabilities.ExecMountSecret);
        Need(_run.Secrets.Any(secret => secret.Variable is not null), Capabilities.ExecSecretEnv);
        Need(_run.SshSockets.Count > 0, Capabilities.ExecMountSsh);
        foreach (RunMount mount in _mounts)
        {
            Need(mount.Type == MountType.Cache, Capabilities.ExecMountCache, Capabilities.ExecMountCacheSharing);
            Need(mount.Type == MountType.Tmpfs, Capabilities.ExecMountTmpfs);
            Need(mount.TmpfsSize > 0, Capabilities.ExecMountTmpfsSize);
            Need(mount.Selector.Length > 0, Capabilities.ExecMountSelector);
            Need(mount.ContentCache != MountContentCache.Default, Capabilities.ExecMountCacheContent);
        }
    }
}
