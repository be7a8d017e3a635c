using Cairn.Client.Sessions;

namespace Cairn.Client.Building;

/// <summary>One exporter of a build.</summary>
/// <param name="Type"><c>image</c>, <c>oci</c>, <c>docker</c>, <c>local</c> or <c>tar</c>.</param>
/// <param name="Attributes">As the exporter takes them.</param>
/// <param name="Destination">Where its result goes on this machine.</param>
public sealed record BuildExport(string Type, IReadOnlyDictionary<string, string> Attributes, ExportDestination Destination)
{
    /// <summary>An exporter that leaves nothing with the client.</summary>
    public BuildExport(string type, IReadOnlyDictionary<string, string> attributes)
        : this(type, attributes, ExportDestination.None)
    {
    }
}
