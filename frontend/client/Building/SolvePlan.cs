using System.Text.Json.Nodes;
using Cairn.Client.Sessions;
using Cairn.Llb;
using Cairn.Protos.Control;

namespace Cairn.Client.Building;

/// <summary>What a build's options are to the daemon: a request, and a session that can serve it.</summary>
/// <remarks>Source: session.md, section 21.</remarks>
internal sealed class SolvePlan
{
    private const string LocalCache = "local";
    private const string ExportStore = "export";
    private readonly BuildOptions _options;
    private readonly Dictionary<string, string> _stores;

    private SolvePlan(BuildOptions options)
    {
        _options = options;
        _stores = new Dictionary<string, string>(options.Session.Stores, StringComparer.Ordinal);
        foreach (BuildExport export in options.Exports.Where(static e => e.Destination.Layout is not null))
        {
            if (!_stores.TryAdd(ExportStore, export.Destination.Layout!))
            {
                throw new BuildException(ErrorKind.Input, "", "", "one export at most may go to an image layout in a directory");
            }
        }

        Imports = [.. options.CacheFrom.Select(Import).OfType<CacheOptionsEntry>()];
        Request = MakeRequest();
    }

    public SolveRequest Request { get; }

    /// <summary>The imports with what the client has found out about local ones; those that are not there are left out.</summary>
    public IReadOnlyList<CacheOptionsEntry> Imports { get; }

    public SessionOptions Session => _options.Session with
    {
        Stores = _stores,
        Exports = [.. _options.Exports.Select(static e => e.Destination)],
    };

    /// <exception cref="BuildException">Input: an option has no meaning.</exception>
    public static SolvePlan Of(BuildOptions options)
    {
        int ways = (options.Definition is null ? 0 : 1) + (options.Frontend is null ? 0 : 1) + (options.Solve is null ? 0 : 1);
        return ways == 1
            ? new SolvePlan(options)
            : throw new BuildException(ErrorKind.Input, "", "", "a build needs a definition, a frontend or a function, and only one of them");
    }

    /// <summary>Writes the tags of what the daemon has put into directories of this machine.</summary>
    public void Finish(IReadOnlyDictionary<string, string> response)
    {
        foreach (BuildExport export in _options.Exports.Where(static e => e.Destination.Layout is not null))
        {
            if (response.TryGetValue("containerimage.descriptor", out string? encoded)
                && JsonNode.Parse(Convert.FromBase64String(encoded)) is JsonObject descriptor)
            {
                string names = response.GetValueOrDefault("image.name") ?? export.Attributes.GetValueOrDefault("name") ?? "";
                new LayoutIndex(export.Destination.Layout!).Put(descriptor, names.Split(',', StringSplitOptions.RemoveEmptyEntries));
            }
        }

        foreach (CacheLocation cache in _options.CacheTo.Where(static c => c.Type == LocalCache))
        {
            if (response.TryGetValue("cache.manifest", out string? manifest) && JsonNode.Parse(manifest) is JsonObject descriptor
                && cache.Attributes.TryGetValue("dest", out string? directory))
            {
                new LayoutIndex(directory).Put(descriptor, [cache.Attributes.GetValueOrDefault("tag") ?? "latest"]);
            }
        }
    }

    private SolveRequest MakeRequest()
    {
        var request = new SolveRequest
        {
            Ref = _options.Id,
            Session = _options.Session.Id,
            Definition = _options.Definition,
            Frontend = _options.Frontend ?? "",
            Internal = _options.IsInternal,
            SourcePolicy = _options.SourcePolicy,
            EnableSessionExporter = _options.Session.FindExporters is not null,
            SourcePolicySession = _options.Session.CheckPolicy is null ? "" : _options.Session.Id,
            Cache = new CacheOptions(),
        };
        foreach ((string key, string value) in _options.FrontendOptions)
        {
            request.FrontendAttrs[key] = value;
        }

        foreach ((string name, Protos.Pb.Definition input) in _options.FrontendInputs)
        {
            request.FrontendInputs[name] = input;
        }

        foreach (BuildExport export in _options.Exports)
        {
            var exporter = new Exporter { Type = export.Type };
            foreach ((string key, string value) in export.Attributes)
            {
                exporter.Attrs[key] = value;
            }

            request.Exporters.Add(exporter);
        }

        if (request.Exporters.Count > 0)
        {
            request.ExporterDeprecated = request.Exporters[0].Type;   // for daemons that know one exporter only
            request.ExporterAttrsDeprecated.Add(request.Exporters[0].Attrs);
        }

        request.Entitlements.Add(_options.Entitlements);
        request.Cache.Exports.Add(_options.CacheTo.Select(Export));
        request.Cache.Imports.Add(Imports);
        if (Imports.Count > 0 && _options.Definition is null)
        {
            request.FrontendAttrs["cache-imports"] = new JsonArray(
                [.. Imports.Select(static i => (JsonNode)new JsonObject { ["Type"] = i.Type, ["Attrs"] = Attributes(i) })]).ToJsonString();
        }

        return request;
    }

    private static JsonObject Attributes(CacheOptionsEntry entry) =>
        new(entry.Attrs.OrderBy(static a => a.Key, StringComparer.Ordinal).Select(static a => KeyValuePair.Create(a.Key, (JsonNode?)a.Value)));

    private CacheOptionsEntry? Import(CacheLocation cache)
    {
        CacheOptionsEntry entry = Entry(cache);
        if (cache.Type == LocalCache)
        {
            string directory = cache.Attributes.GetValueOrDefault("src")
                ?? throw new BuildException(ErrorKind.Input, "", "", "a local cache import needs src=DIRECTORY");
            string? digest = cache.Attributes.GetValueOrDefault("digest")
                ?? new LayoutIndex(directory).Find(cache.Attributes.GetValueOrDefault("tag") ?? "latest");
            if (digest is null)
            {
                return null;   // no cache yet, which the first build of all meets
            }

            entry.Attrs["digest"] = digest;
            _stores[$"local:{directory}"] = directory;
        }

        return entry;
    }

    private CacheOptionsEntry Export(CacheLocation cache)
    {
        if (cache.Type == LocalCache)
        {
            string directory = cache.Attributes.GetValueOrDefault("dest")
                ?? throw new BuildException(ErrorKind.Input, "", "", "a local cache export needs dest=DIRECTORY");
            Directory.CreateDirectory(directory);
            _stores[$"local:{directory}"] = directory;
        }

        return Entry(cache);
    }

    private static CacheOptionsEntry Entry(CacheLocation cache)
    {
        var entry = new CacheOptionsEntry { Type = cache.Type };
        foreach ((string key, string value) in cache.Attributes)
        {
            entry.Attrs[key] = value;
        }

        return entry;
    }
}
