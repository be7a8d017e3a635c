using Cairn.Protos.Pb;

namespace Cairn.Llb.Graphs;

/// <summary>Whether one op makes sense by itself.</summary>
internal static class OpValidation
{
    private const string Root = "/";
    private const long LlbBuilder = -1;

    public static void Check(Op op, OpMetadata metadata)
    {
        foreach (string capability in metadata.Caps.Keys)
        {
            Require(Capabilities.IsKnown(capability), $"unknown API capability {capability}");
        }

        switch (op.OpCase)
        {
            case Op.OpOneofCase.Source:
                Require(op.Source.Identifier.Length > 0, "invalid empty source identifier");
                Require(op.Inputs.Count == 0, "invalid source op with inputs");
                break;
            case Op.OpOneofCase.Exec:
                CheckExec(op.Exec, op.Inputs.Count);
                break;
            case Op.OpOneofCase.File:
                FileValidation.Check(op.File, op.Inputs.Count);
                break;
            case Op.OpOneofCase.Build:
                Require(op.Build.Builder == LlbBuilder, $"invalid build op with builder {op.Build.Builder}");
                foreach (BuildInput input in op.Build.Inputs.Values)
                {
                    CheckInput(input.Input, op.Inputs.Count, "build input", allowsNothing: false);
                }

                break;
            case Op.OpOneofCase.Merge:
                foreach (MergeInput input in op.Merge.Inputs)
                {
                    CheckInput(input.Input, op.Inputs.Count, "merge input", allowsNothing: true);
                }

                break;
            case Op.OpOneofCase.Diff:
                Require(op.Diff.Lower is not null, "invalid nil lower diff input");
                Require(op.Diff.Upper is not null, "invalid nil upper diff input");
                CheckInput(op.Diff.Lower!.Input, op.Inputs.Count, "lower diff input", allowsNothing: true);
                CheckInput(op.Diff.Upper!.Input, op.Inputs.Count, "upper diff input", allowsNothing: true);
                break;
            case Op.OpOneofCase.Passthrough:
                Require(op.Passthrough.Id.Length > 0, "invalid passthrough op with empty id");
                Require(op.Passthrough.Outputs.Count > 0, "invalid passthrough op with no outputs");
                foreach (long output in op.Passthrough.Outputs)
                {
                    CheckInput(output, op.Inputs.Count, "passthrough output", allowsNothing: false);
                }

                break;
            case Op.OpOneofCase.None:
                throw GraphLoader.Invalid("invalid op: it has no operation, or one of an unknown kind");
            default:
                throw GraphLoader.Invalid($"invalid op of kind {op.OpCase}");
        }
    }

    public static void CheckInput(long index, int count, string what, bool allowsNothing) =>
        Require(index < count && index >= (allowsNothing ? -1 : 0), $"invalid {what} {index}: the op has {count} inputs");

    public static void Require(bool isTrue, string otherwise)
    {
        if (!isTrue)
        {
            throw GraphLoader.Invalid(otherwise);
        }
    }

    private static void CheckExec(ExecOp exec, int inputs)
    {
        Require(exec.Meta is not null, "invalid exec op with no meta");
        Require(exec.Meta!.Args.Count > 0, "invalid exec op with no args");
        Require(exec.Mounts.Count > 0, "invalid exec op with no mounts");
        Require(exec.Mounts.Any(mount => mount.Dest == Root), "invalid exec op with no rootfs");
        Require(exec.Mounts.Count(mount => mount.Dest == Root) == 1, "invalid exec op with more than one rootfs");
        var outputs = new HashSet<long>();
        foreach (Mount mount in exec.Mounts)
        {
            CheckInput(mount.Input, inputs, $"input of mount {mount.Dest}", allowsNothing: true);
            Require(mount.Dest != Root || mount.MountType == MountType.Bind, $"invalid mount type {mount.MountType} for the rootfs");
            Require(Enum.IsDefined(mount.MountType), $"invalid type {(int)mount.MountType} of mount {mount.Dest}");
            if (OpOutputs.HasOutput(mount))
            {
                Require(outputs.Add(mount.Output), $"invalid duplicate output {mount.Output} of mount {mount.Dest}");
            }
        }

        Require(outputs.Count == 0 || outputs.Max() == outputs.Count - 1, "invalid exec op with a gap in its outputs");
    }
}
