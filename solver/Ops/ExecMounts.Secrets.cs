using System.Globalization;
using Cairn.Llb;
using Cairn.Protos.Pb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Trees;
using Cairn.Solver.Execution;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Ops;

internal sealed partial class ExecMounts
{
    private const string DefaultAgent = "default";
    private const uint ExecuteBits = 0x49;   // 0111

    private MemoryTree? _memory;
    private int _secrets;
    private int _sockets;

    private async Task OpenSecretAsync(Mount mount, CancellationToken cancellationToken)
    {
        SecretOpt options = mount.SecretOpt;
        byte[]? value = await Secrets.FindAsync(context.Sessions, options.ID, options.Optional, cancellationToken);
        if (value is null)
        {
            return;
        }

        _memory ??= Open(MemoryTree.Create(context.Services.Store));
        string name = "/" + (++_secrets).ToString(CultureInfo.InvariantCulture);
        uint mode = options.Mode & 0x1ff;   // 0777
        _memory.Tree.WriteFile(name, value, mode, new FileOwner(options.Uid, options.Gid), times: null);
        _mounts.Add(new BindMount(Destination(mount), _memory.Attach() + name)
        {
            ReadOnly = true,
            Inert = true,
            NoExecute = (mode & ExecuteBits) == 0,
            IsFile = true,
        });
    }

    private async Task OpenSshAsync(Mount mount, CancellationToken cancellationToken)
    {
        string id = string.IsNullOrEmpty(mount.SSHOpt?.ID) ? DefaultAgent : mount.SSHOpt.ID;
        ISshAgents? agents = await context.Sessions.FirstAsync(
            async session => await session.Ssh.HasAsync(id, cancellationToken) ? session.Ssh : null);
        if (agents is not null)
        {
            _memory ??= Open(MemoryTree.Create(context.Services.Store));
            string name = "/agent." + (++_sockets).ToString(CultureInfo.InvariantCulture);
            Open(SshForwarder.Listen(_memory.Attach() + name, agents, id));
            var change = new FileChange
            {
                Owner = new FileOwner(mount.SSHOpt?.Uid ?? 0, mount.SSHOpt?.Gid ?? 0),
                Mode = mount.SSHOpt is { Mode: > 0 } options ? options.Mode & 0x1ff : 0x180,   // 0777, 0600
            };
            _memory.Tree.SetMetadata(name, change, followLinks: false);
            _mounts.Add(new BindMount(Destination(mount), _memory.Attach() + name) { Inert = true, NoExecute = true, IsFile = true });
            return;
        }

        if (mount.SSHOpt is not { Optional: true })
        {
            throw new ClientFaultException(
                ErrorKind.Input, "", "", $"no SSH key {QuotedText.Quote(id)} forwarded from the client", $"Give it with --ssh {id}.");
        }
    }
}
