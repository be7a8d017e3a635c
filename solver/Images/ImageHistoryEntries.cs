using System.Text.Json.Nodes;
using Cairn.Cache.Refs;

namespace Cairn.Solver.Images;

/// <summary>The history of a config, brought into agreement with the layers that the image really has.</summary>
internal static class ImageHistoryEntries
{
    private const string Comment = "buildkit.exporter.image.v0";
    private const string DefaultDescription = "created by buildkit";

    /// <summary>Reads what a config has; entries keep the keys that the format knows.</summary>
    public static List<JsonObject> Read(JsonNode? history) =>
        history is JsonArray entries ? [.. entries.OfType<JsonObject>().Select(Normal)] : [];

    /// <summary>As many entries with a layer as there are layers, and a time on each entry for which one is known.</summary>
    public static void Complete(List<JsonObject> history, IReadOnlyList<LayerBlob> layers)
    {
        int withLayer = 0;
        foreach (JsonObject entry in history.Where(entry => !IsEmpty(entry)))
        {
            if (withLayer == layers.Count)
            {
                entry["empty_layer"] = true;
                continue;
            }

            if (Created(entry) is null && layers[withLayer].CreatedAt is { } made)
            {
                SetCreated(entry, made);
            }

            withLayer++;
        }

        foreach (LayerBlob layer in layers.Skip(withLayer))
        {
            var entry = new JsonObject();
            if (layer.CreatedAt is { } made)
            {
                SetCreated(entry, made);
            }

            entry["created_by"] = string.IsNullOrEmpty(layer.Description) ? DefaultDescription : layer.Description;
            entry["comment"] = Comment;
            history.Add(entry);
        }

        FillTimes(history);
    }

    /// <summary>No time after the epoch, and none missing, above the entries that the base image has in the same words.</summary>
    public static void Clamp(List<JsonObject> history, List<JsonObject> baseHistory, DateTimeOffset epoch)
    {
        int kept = 0;
        while (kept < history.Count && kept < baseHistory.Count && JsonNode.DeepEquals(history[kept], baseHistory[kept]))
        {
            kept++;
        }

        foreach (JsonObject entry in history.Skip(kept))
        {
            if (Created(entry) is not { } created || created > epoch)
            {
                SetCreated(entry, epoch);
            }
        }
    }

    /// <summary>Time of an entry; null if it has none.</summary>
    public static DateTimeOffset? Created(JsonObject entry) =>
        entry["created"] is JsonValue value && value.TryGetValue(out string? text) && GoTime.TryParse(text, out DateTimeOffset time) ? time : null;

    /// <summary>Steps without a layer take the time of the first new layer after the base image, or of the step before.</summary>
    private static void FillTimes(List<JsonObject> history)
    {
        DateTimeOffset? time = null;
        bool missing = false;
        foreach (JsonObject entry in history)
        {
            if (Created(entry) is { } created)
            {
                time = created;
                if (missing)
                {
                    break;
                }
            }
            else
            {
                missing = true;
            }
        }

        missing = false;
        foreach (JsonObject entry in history)
        {
            if (Created(entry) is { } created)
            {
                time = missing ? created : time;
            }
            else
            {
                missing = true;
                if (time is { } known)
                {
                    SetCreated(entry, known);
                }
            }
        }
    }

    private static bool IsEmpty(JsonObject entry) => entry["empty_layer"] is JsonValue value && value.TryGetValue(out bool empty) && empty;

    private static void SetCreated(JsonObject entry, DateTimeOffset time)
    {
        entry.Remove("created");
        entry.Insert(0, "created", GoTime.Format(time));
    }

    private static JsonObject Normal(JsonObject entry)
    {
        var normal = new JsonObject();
        foreach (string key in (string[])["created", "created_by", "author", "comment", "empty_layer"])
        {
            if (entry[key] is { } value && !(value is JsonValue text && text.TryGetValue(out string? s) && s.Length == 0)
                && !(value is JsonValue flag && flag.TryGetValue(out bool b) && !b))
            {
                normal[key] = value.DeepClone();
            }
        }

        return normal;
    }
}
