using Cairn.Cli.Settings;
using Cairn.Llb;
using Cairn.Solver.Images;
using Cairn.Solver.Remote;
using Cairn.Solver.Sessions;

namespace Cairn.Cli.Building;

/// <summary>The caches that a build imports and exports. Of those in directories this side keeps the index.</summary>
internal sealed class CachePlan
{
    private const string StorePrefix = "local:";
    private const string ManifestKey = "cache.manifest";
    private const string DefaultTag = "latest";

    private readonly Dictionary<string, IContentStore> _directories = new(StringComparer.Ordinal);
    private (ContentDirectory Directory, string Tag, bool Reset)? _export;

    private CachePlan()
    {
    }

    public IReadOnlyList<CacheSpec> Imports { get; private set; } = [];

    public IReadOnlyList<CacheSpec> Exports { get; private set; } = [];

    /// <summary>Stores that the build may ask for, by id.</summary>
    public IReadOnlyDictionary<string, IContentStore> Contents => _directories;

    /// <exception cref="BuildException">Input: two caches are to be written to directories.</exception>
    public static async Task<CachePlan> OpenAsync(BuildSettings settings, CancellationToken cancellationToken)
    {
        CachePlan plan = new();
        List<CacheSpec> imports = [];
        foreach (CacheOption option in settings.CacheFrom)
        {
            imports.Add(option.Type == CacheOption.Local ? await plan.ImportAsync(option, cancellationToken) : new CacheSpec(option.Type, option.Attributes));
        }

        plan.Imports = imports;
        plan.Exports = [.. settings.CacheTo.Select(option => option.Type == CacheOption.Local ? plan.Export(option) : new CacheSpec(option.Type, option.Attributes))];
        return plan;
    }

    /// <summary>Enters what was written to a directory into its index.</summary>
    public async Task FinishAsync(IReadOnlyDictionary<string, string> response, CancellationToken cancellationToken)
    {
        if (_export is { } export && response.TryGetValue(ManifestKey, out string? text))
        {
            await export.Directory.TagAsync(ImageDocument.ReadDescriptor(text), export.Tag, export.Reset, cancellationToken);
        }
    }

    private static bool IsTrue(string? text) => text is "1" or "t" or "T" or "TRUE" or "true" or "True";

    private static Dictionary<string, string> Without(IReadOnlyDictionary<string, string> attributes, params string[] keys) =>
        attributes.Where(pair => !keys.Contains(pair.Key, StringComparer.Ordinal)).ToDictionary(StringComparer.Ordinal);

    private async Task<CacheSpec> ImportAsync(CacheOption option, CancellationToken cancellationToken)
    {
        string path = Path.GetFullPath(option.Attributes["src"]);
        ContentDirectory directory = new(path);
        Dictionary<string, string> attributes = Without(option.Attributes, "tag");
        attributes["src"] = path;
        if (!attributes.ContainsKey("digest"))
        {
            // Where nothing was exported yet there is nothing to import: the build shows that, and goes on.
            Digest? digest = await directory.FindAsync(option.Attributes.GetValueOrDefault("tag", DefaultTag), cancellationToken);
            if (digest is { } found)
            {
                attributes["digest"] = found.ToString();
            }
        }

        _directories.TryAdd(StorePrefix + path, directory);
        return new CacheSpec(option.Type, attributes);
    }

    private CacheSpec Export(CacheOption option)
    {
        if (_export is not null)
        {
            throw new BuildException(ErrorKind.Input, "", "", "--cache-to type=local is possible once only");
        }

        string path = Path.GetFullPath(option.Attributes["dest"]);
        ContentDirectory directory = new(path);
        _export = (directory, option.Attributes.GetValueOrDefault("tag", DefaultTag), IsTrue(option.Attributes.GetValueOrDefault("reset")));
        _directories.TryAdd(StorePrefix + path, directory);
        Dictionary<string, string> attributes = Without(option.Attributes, "tag", "reset");
        attributes["dest"] = path;
        return new CacheSpec(option.Type, attributes);
    }
}
