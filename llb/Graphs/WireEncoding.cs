using Cairn.Protos.Pb;
using Google.Protobuf;

namespace Cairn.Llb.Graphs;

/// <summary>The canonical bytes of ops and definitions: those that digests are taken over and that clients send.</summary>
/// <remarks>
/// Source: what the reference client writes: plain fields in number order, then the kind of an op (fields 2 to 8); map entries by the bytes
/// of their keys, empty values included. Fields that this version does not know are not written.
/// </remarks>
public static class WireEncoding
{
    /// <summary>Writes an op.</summary>
    public static byte[] Encode(Op op)
    {
        ArgumentNullException.ThrowIfNull(op);
        var buffer = new WireBuffer();
        foreach (Input input in op.Inputs)
        {
            buffer.Message(Op.InputsFieldNumber, input);
        }

        buffer.Message(Op.PlatformFieldNumber, op.Platform);
        buffer.Message(Op.ConstraintsFieldNumber, op.Constraints);
        switch (op.OpCase)
        {
            case Op.OpOneofCase.Exec:
                buffer.Message(Op.ExecFieldNumber, op.Exec);
                break;
            case Op.OpOneofCase.Source:
                buffer.Delimited(Op.SourceFieldNumber, Encode(op.Source));
                break;
            case Op.OpOneofCase.File:
                buffer.Message(Op.FileFieldNumber, op.File);
                break;
            case Op.OpOneofCase.Build:
                buffer.Delimited(Op.BuildFieldNumber, Encode(op.Build));
                break;
            case Op.OpOneofCase.Merge:
                buffer.Message(Op.MergeFieldNumber, op.Merge);
                break;
            case Op.OpOneofCase.Diff:
                buffer.Message(Op.DiffFieldNumber, op.Diff);
                break;
            case Op.OpOneofCase.Passthrough:
                buffer.Message(Op.PassthroughFieldNumber, op.Passthrough);
                break;
            case Op.OpOneofCase.None:
                break;
        }

        return buffer.ToArray();
    }

    /// <summary>Writes a definition; the ops inside are bytes already and stay as they are.</summary>
    public static byte[] Encode(Definition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        var buffer = new WireBuffer();
        foreach (ByteString op in definition.Def)
        {
            buffer.Delimited(Definition.DefFieldNumber, op.Span);
        }

        buffer.Map(Definition.MetadataFieldNumber, definition.Metadata, static (entry, value) => entry.Delimited(2, Encode(value)));
        if (definition.Source is { } source)
        {
            buffer.Delimited(Definition.SourceFieldNumber, Encode(source));
        }

        return buffer.ToArray();
    }

    private static byte[] Encode(SourceOp source)
    {
        var buffer = new WireBuffer();
        buffer.Text(SourceOp.IdentifierFieldNumber, source.Identifier);
        buffer.TextMap(SourceOp.AttrsFieldNumber, source.Attrs);
        return buffer.ToArray();
    }

    private static byte[] Encode(BuildOp build)
    {
        var buffer = new WireBuffer();
        buffer.Integer(BuildOp.BuilderFieldNumber, build.Builder);
        buffer.Map(BuildOp.InputsFieldNumber, build.Inputs, static (entry, value) => entry.Message(2, value));
        if (build.Def is { } definition)
        {
            buffer.Delimited(BuildOp.DefFieldNumber, Encode(definition));
        }

        buffer.TextMap(BuildOp.AttrsFieldNumber, build.Attrs);
        return buffer.ToArray();
    }

    private static byte[] Encode(OpMetadata metadata)
    {
        var buffer = new WireBuffer();
        buffer.Flag(OpMetadata.IgnoreCacheFieldNumber, metadata.IgnoreCache);
        buffer.TextMap(OpMetadata.DescriptionFieldNumber, metadata.Description);
        buffer.Message(OpMetadata.ExportCacheFieldNumber, metadata.ExportCache);
        buffer.FlagMap(OpMetadata.CapsFieldNumber, metadata.Caps);
        buffer.Message(OpMetadata.ProgressGroupFieldNumber, metadata.ProgressGroup);
        buffer.Message(OpMetadata.LinuxResourcesFieldNumber, metadata.LinuxResources);
        return buffer.ToArray();
    }

    private static byte[] Encode(Source source)
    {
        var buffer = new WireBuffer();
        buffer.Map(Source.LocationsFieldNumber, source.Locations, static (entry, value) => entry.Message(2, value));
        foreach (SourceInfo file in source.Infos)
        {
            buffer.Delimited(Source.InfosFieldNumber, Encode(file));
        }

        return buffer.ToArray();
    }

    private static byte[] Encode(SourceInfo file)
    {
        var buffer = new WireBuffer();
        buffer.Text(SourceInfo.FilenameFieldNumber, file.Filename);
        if (!file.Data.IsEmpty)
        {
            buffer.Delimited(SourceInfo.DataFieldNumber, file.Data.Span);
        }

        if (file.Definition is { } definition)
        {
            buffer.Delimited(SourceInfo.DefinitionFieldNumber, Encode(definition));
        }

        buffer.Text(SourceInfo.LanguageFieldNumber, file.Language);
        return buffer.ToArray();
    }
}
