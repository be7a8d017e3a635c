using Cairn.Llb;
using Cairn.Protos.Pb;
using Cairn.Snapshotter.Trees;

namespace Cairn.Solver.Ops;

/// <summary>Finds what makes an exec op impossible before anything is started.</summary>
internal static class ExecValidation
{
    /// <summary>Checks root, arguments, secrets and devices.</summary>
    /// <exception cref="BuildException">Input: the op can never work.</exception>
    public static void Check(ExecOp exec)
    {
        if (exec.Meta is null || exec.Meta.Args.Count == 0)
        {
            throw Refusal("the exec op has no arguments: not even a program is named");
        }

        Mount[] roots = [.. exec.Mounts.Where(mount => ExecPaths.Destination(exec.Meta, mount) == TreePath.Root)];
        if (roots.Length != 1)
        {
            throw Refusal(roots.Length == 0 ? "the exec op has no mount for its root" : "the exec op has more than one mount for its root");
        }

        if (roots[0].MountType != MountType.Bind)
        {
            throw Refusal("the root of an exec op must be a bind mount");
        }

        if (exec.Mounts.Any(mount => mount.MountType == MountType.Secret && string.IsNullOrEmpty(mount.SecretOpt?.ID)))
        {
            throw Refusal("secret ID missing from mount options");
        }

        if (exec.CdiDevices.FirstOrDefault(device => !device.Optional) is CDIDevice device)
        {
            throw Refusal($"required device {Execution.QuotedText.Quote(device.Name)} is not registered");
        }
    }

    private static BuildException Refusal(string reason) => new(ErrorKind.Input, "", "", reason);
}
