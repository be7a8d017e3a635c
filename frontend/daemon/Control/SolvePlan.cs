using Cairn.Llb;
using Cairn.Protos.Control;
using Cairn.Solver.Exporters;
using Cairn.Solver.History;
using Cairn.Solver.Remote;

namespace Cairn.Daemon.Control;

/// <summary>A request to build, brought to the present form of the protocol and checked as far as that goes without work.</summary>
/// <remarks>Source: control-and-status.md, sections 1 and 2.</remarks>
internal static class SolvePlan
{
    private const string Registry = "registry";
    private const string Inline = "inline";
    private const string GatewayFrontend = "gateway.v0";
    private const string DockerfileFrontend = "dockerfile.v0";
    private const string SourceOption = "source";
    private const int CurrentVersion = 30;

    private static readonly long[] Versions = [10, 20, CurrentVersion];

    /// <summary>The request in the present form.</summary>
    /// <exception cref="BuildException">Input: it asks for what does not exist.</exception>
    public static SolveRequest Read(SolveRequest request)
    {
        SolveRequest plan = request.Clone();
        plan.Cache ??= new CacheOptions();
        Modernize(plan);
        CheckVersion(plan.CompatibilityVersion);
        CheckRules(plan);
        CheckCacheExports(plan.Cache);
        if (plan.Frontend == GatewayFrontend && plan.FrontendAttrs.GetValueOrDefault(SourceOption) == DockerfileFrontend
            && !plan.FrontendAttrs.Keys.Any(static key => key == "context:dockerfile.v0" || key.StartsWith("context:dockerfile.v0::", StringComparison.Ordinal)))
        {
            plan.Frontend = DockerfileFrontend;
            plan.FrontendAttrs.Remove(SourceOption);
        }

        return plan;
    }

    /// <summary>The exports that are asked for.</summary>
    public static IReadOnlyList<ExportSpec> Exports(SolveRequest plan) =>
        [.. plan.Exporters.Select(static export => new ExportSpec(export.Type, new Dictionary<string, string>(export.Attrs, StringComparer.Ordinal)))];

    /// <summary>The caches elsewhere that are asked for.</summary>
    public static IReadOnlyList<CacheSpec> Caches(IEnumerable<CacheOptionsEntry> entries) =>
        [.. entries.Select(static entry => new CacheSpec(entry.Type, new Dictionary<string, string>(entry.Attrs, StringComparer.Ordinal)))];

    /// <summary>What the build is called in the records.</summary>
    public static BuildLabel Label(SolveRequest plan)
    {
        string context = plan.FrontendAttrs.GetValueOrDefault("vcs:localdir:context")
            ?? plan.FrontendAttrs.GetValueOrDefault("context") ?? "";
        string file = plan.FrontendAttrs.GetValueOrDefault("filename") ?? "";
        string target = plan.FrontendAttrs.GetValueOrDefault("target") ?? "";
        string name = Path.GetFileName(context.TrimEnd('/'));
        return new BuildLabel(name.Length > 0 ? name : plan.Ref, context, file, target);
    }

    // Rules that are not kept here are no rules: a build that relies on them must not run without.
    private static void CheckRules(SolveRequest plan)
    {
        if (plan.SourcePolicy is { Rules.Count: > 0 } || plan.SourcePolicySession.Length > 0)
        {
            throw new BuildException(ErrorKind.Input, "", "", "source policies are not supported", "Build without a source policy.");
        }

        if (plan.ProxyNetwork)
        {
            throw new BuildException(ErrorKind.Input, "", "", "the proxy network is not supported", "Build without it.");
        }
    }

    private static void Modernize(SolveRequest plan)
    {
        if (plan.Cache.ExportRefDeprecated.Length > 0)
        {
            var entry = new CacheOptionsEntry { Type = Registry };
            entry.Attrs.Add(plan.Cache.ExportAttrsDeprecated);
            entry.Attrs["ref"] = plan.Cache.ExportRefDeprecated;
            plan.Cache.Exports.Add(entry);
        }

        foreach (string reference in plan.Cache.ImportRefsDeprecated)
        {
            var entry = new CacheOptionsEntry { Type = Registry };
            entry.Attrs["ref"] = reference;
            plan.Cache.Imports.Add(entry);
        }

        if (plan.Exporters.Count == 0 && plan.ExporterDeprecated.Length > 0)
        {
            var export = new Exporter { Type = plan.ExporterDeprecated };
            export.Attrs.Add(plan.ExporterAttrsDeprecated);
            plan.Exporters.Add(export);
        }

        plan.Cache.ExportRefDeprecated = plan.ExporterDeprecated = "";
        plan.Cache.ExportAttrsDeprecated.Clear();
        plan.Cache.ImportRefsDeprecated.Clear();
        plan.ExporterAttrsDeprecated.Clear();
    }

    private static void CheckVersion(long version)
    {
        if (version != 0 && !Versions.Contains(version))
        {
            throw Wrong(version > CurrentVersion
                ? $"unsupported compatibility-version {version}: upgrade buildkit (max supported: {CurrentVersion})"
                : $"unsupported compatibility-version {version} (supported: [{string.Join(' ', Versions)}])");
        }
    }

    private static void CheckCacheExports(CacheOptions cache)
    {
        List<CacheOptionsEntry> kept = [];
        HashSet<string> keys = new(StringComparer.Ordinal);
        foreach (CacheOptionsEntry entry in cache.Exports)
        {
            if (entry.Type == Inline)
            {
                if (!kept.Any(static one => one.Type == Inline))
                {
                    kept.Add(entry);
                }

                continue;
            }

            if (!keys.Add(KeyOf(entry)))
            {
                throw Wrong($"duplicate cache exports [{string.Join(' ', cache.Exports.Where(one => KeyOf(one) == KeyOf(entry)).Select(static one => one.Type))}]");
            }

            kept.Add(entry);
        }

        cache.Exports.Clear();
        cache.Exports.Add(kept);
    }

    private static string KeyOf(CacheOptionsEntry entry) =>
        entry.Type == Registry && entry.Attrs.TryGetValue("ref", out string? reference)
            ? reference
            : entry.Type + "\n" + string.Join('\n', entry.Attrs.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => $"{pair.Key}={pair.Value}"));

    private static BuildException Wrong(string text) => new(ErrorKind.Input, "", "", text);
}
