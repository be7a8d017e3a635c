using Cairn.Llb.Building;
using Cairn.Protos.Pb;

namespace Cairn.Llb.Graphs;

/// <summary>The display name of a vertex.</summary>
internal static class VertexName
{
    public static string Of(Vertex vertex)
    {
        if (vertex.Metadata.Description.TryGetValue(VertexOptions.CustomNameKey, out string? custom))
        {
            return custom;
        }

        Op op = vertex.Op;
        return op.OpCase switch
        {
            Op.OpOneofCase.Source => op.Source.Identifier,
            Op.OpOneofCase.Exec => string.Join(' ', op.Exec.Meta.Args),
            Op.OpOneofCase.File => string.Join(", ", op.File.Actions.Select(OfAction)),
            Op.OpOneofCase.Build => "build",
            Op.OpOneofCase.Merge => Shortened($"merge ({string.Join(", ", vertex.Inputs.Select(input => input.Vertex.Name))})"),
            Op.OpOneofCase.Diff => Shortened($"diff ({OfSide(vertex, op.Diff.Lower.Input)}) -> ({OfSide(vertex, op.Diff.Upper.Input)})"),
            Op.OpOneofCase.Passthrough => $"passthrough {op.Passthrough.Id}",
            _ => "unknown",
        };
    }

    private static string OfAction(FileAction action) => action.ActionCase switch
    {
        FileAction.ActionOneofCase.Mkdir => $"mkdir {action.Mkdir.Path}",
        FileAction.ActionOneofCase.Mkfile => $"mkfile {action.Mkfile.Path}",
        FileAction.ActionOneofCase.Symlink => $"symlink {action.Symlink.Newpath} -> {action.Symlink.Oldpath}",
        FileAction.ActionOneofCase.Rm => $"rm {action.Rm.Path}",
        FileAction.ActionOneofCase.Copy => $"copy {action.Copy.Src} {action.Copy.Dest}",
        _ => "unknown",
    };

    private static string OfSide(Vertex vertex, long input) => input < 0 ? "scratch" : vertex.Inputs[(int)input].Vertex.Name;

    // Names made of names double with each level of a graph that uses its inputs twice.
    private static string Shortened(string name) =>
        name.Length <= LlbLimits.ComposedNameLength ? name : string.Concat(name.AsSpan(0, LlbLimits.ComposedNameLength - 1), "…");
}
