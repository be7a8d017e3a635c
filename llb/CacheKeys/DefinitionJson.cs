using Cairn.Protos.Pb;

namespace Cairn.Llb.CacheKeys;

/// <summary>A definition inside a build op as JSON, for its key.</summary>
internal static class DefinitionJson
{
    public static JsonFields Of(Definition definition) => new JsonFields()
        .Texts("def", [.. definition.Def.Select(op => Convert.ToBase64String(op.Span))])
        .Map("metadata", definition.Metadata, metadata => Of(metadata).ToString())
        .Message("Source", definition.Source, Of);

    private static JsonFields Of(OpMetadata metadata) => new JsonFields()
        .Flag("ignore_cache", metadata.IgnoreCache)
        .Map("description", metadata.Description, MessageJson.Quoted)
        .Message("export_cache", metadata.ExportCache, export => new JsonFields().Flag("Value", export.Value))
        .Map("caps", metadata.Caps, isNeeded => isNeeded ? "true" : "false")
        .Message("progress_group", metadata.ProgressGroup, group => new JsonFields()
            .Text("id", group.Id).Text("name", group.Name).Flag("weak", group.Weak))
        .Message("linux_resources", metadata.LinuxResources, limits => new JsonFields()
            .Number("memory", limits.Memory).Number("memorySwap", limits.MemorySwap).Number("cpuShares", (long)limits.CpuShares)
            .Number("cpuPeriod", (long)limits.CpuPeriod).Number("cpuQuota", limits.CpuQuota)
            .Text("cpusetCpus", limits.CpusetCpus).Text("cpusetMems", limits.CpusetMems));

    private static JsonFields Of(Source source) => new JsonFields()
        .Map("locations", source.Locations, locations => new JsonFields().Messages("locations", locations.Locations_, Of).ToString())
        .Messages("infos", source.Infos, file => new JsonFields()
            .Text("filename", file.Filename).Bytes("data", file.Data.Span).Message("definition", file.Definition, Of).Text("language", file.Language));

    private static JsonFields Of(Location location) => new JsonFields()
        .Number("sourceIndex", location.SourceIndex)
        .Messages("ranges", location.Ranges, range => new JsonFields().Message("start", range.Start, Of).Message("end", range.End, Of));

    private static JsonFields Of(Position position) => new JsonFields()
        .Number("line", position.Line).Number("character", position.Character);
}
