using System.Text.Json;
using System.Text.Json.Nodes;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Solver.Remote;

namespace Cairn.Solver.Images;

/// <summary>Makes the config that is exported out of the one that the frontend gave.</summary>
internal static class ImageConfigWriter
{
    private const string DefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>Sets layers, history and times; every other key stays, the top level is sorted.</summary>
    /// <param name="given">The frontend's config; null makes a minimal one.</param>
    /// <param name="baseConfig">Config of the base image, whose history keeps its times.</param>
    /// <param name="platform">Of a minimal config.</param>
    /// <param name="layers">The image's layers, bottom first.</param>
    /// <param name="epoch">No time is later; null leaves times alone.</param>
    /// <param name="inlineCache">Keys of the cache that travel with the image; null for none.</param>
    /// <returns>Compact JSON.</returns>
    /// <exception cref="BuildException">Input: the config is not that of an image.</exception>
    public static byte[] Write(
        byte[]? given, byte[]? baseConfig, Platform platform, IReadOnlyList<LayerBlob> layers, DateTimeOffset? epoch, byte[]? inlineCache)
    {
        JsonObject config = given is { } bytes ? Parse(bytes) : Minimal(platform);
        Require(config, "os");
        Require(config, "architecture");
        config["rootfs"] = new JsonObject
        {
            ["type"] = "layers",
            ["diff_ids"] = new JsonArray([.. layers.Select(layer => (JsonNode)layer.DiffId.ToString())]),
        };

        List<JsonObject> history = ImageHistoryEntries.Read(config["history"]);
        ImageHistoryEntries.Complete(history, layers);
        if (epoch is { } limit)
        {
            List<JsonObject> baseHistory = baseConfig is { } below ? ImageHistoryEntries.Read(Parse(below)["history"]) : [];
            ImageHistoryEntries.Clamp(history, baseHistory, limit);
            if (ImageHistoryEntries.Created(config) is { } made && made > limit)
            {
                config["created"] = GoTime.Format(limit);
            }
        }

        config["created"] ??= history.Select(ImageHistoryEntries.Created).LastOrDefault(time => time is not null) is { } last ? GoTime.Format(last) : null;
        config["history"] = new JsonArray([.. history]);
        config.Remove(InlineCache.ConfigKey);
        if (inlineCache is not null)
        {
            config[InlineCache.ConfigKey] = Convert.ToBase64String(inlineCache);
        }

        return ImageJson.Compact(new JsonObject(config.OrderBy(member => member.Key, StringComparer.Ordinal)
            .Select(member => KeyValuePair.Create(member.Key, member.Value?.DeepClone()))));
    }

    private static JsonObject Minimal(Platform platform)
    {
        var config = new JsonObject
        {
            ["architecture"] = platform.Architecture,
            ["os"] = platform.Os,
            ["config"] = platform.Os == "windows"
                ? new JsonObject { ["WorkingDir"] = "/" }
                : new JsonObject { ["Env"] = new JsonArray(DefaultPath), ["WorkingDir"] = "/" },
        };
        if (platform.Variant.Length > 0)
        {
            config["variant"] = platform.Variant;
        }

        if (platform.OsVersion.Length > 0)
        {
            config["os.version"] = platform.OsVersion;
        }

        return config;
    }

    private static JsonObject Parse(byte[] bytes)
    {
        try
        {
            return JsonNode.Parse(bytes) as JsonObject ?? throw Invalid("it is no JSON object", null);
        }
        catch (JsonException e)
        {
            throw Invalid("it is no JSON", e);
        }
    }

    private static void Require(JsonObject config, string key)
    {
        if (config[key] is not JsonValue value || !value.TryGetValue(out string? text) || text.Length == 0)
        {
            throw new BuildException(ErrorKind.Input, "", "", $"invalid image config for export: missing {key}");
        }
    }

    private static BuildException Invalid(string reason, Exception? inner) => new(ErrorKind.Input, "read image config", "", reason, null, inner);
}
