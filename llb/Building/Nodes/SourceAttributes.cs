using System.Globalization;

namespace Cairn.Llb.Building.Nodes;

/// <summary>Identifier and attributes of a source, and the capabilities they need.</summary>
internal sealed class SourceAttributes(string identifier, string capability)
{
    public string Identifier => identifier;

    public Dictionary<string, string> Attributes { get; } = [];

    public HashSet<string> Capabilities { get; } = [capability];

    /// <summary>The op carries a platform.</summary>
    public bool HasPlatform { get; init; }

    /// <summary>The op gets an id that tells it from those of other clients.</summary>
    public bool NeedsUniqueId { get; init; }

    /// <summary>Adds an attribute; null is not added.</summary>
    public void Add(string key, string? value, string? requires = null)
    {
        if (value is not null)
        {
            Attributes[key] = value;
            Require(requires);
        }
    }

    public void Require(string? capabilityId)
    {
        if (capabilityId is not null)
        {
            Capabilities.Add(capabilityId);
        }
    }

    public void AddFile(FetchedFile file)
    {
        Add("http.filename", file.Name);
        Add("http.perm", file.Mode is { } mode ? "0" + Convert.ToString(mode, 8) : null);
        Add("http.uid", file.UserId?.ToString(CultureInfo.InvariantCulture));
        Add("http.gid", file.GroupId?.ToString(CultureInfo.InvariantCulture));
    }

    public void AddLayout(OciLayoutOptions? layout)
    {
        Add("oci.session", layout?.SessionId);
        Add("oci.store", layout?.StoreId);
    }
}
