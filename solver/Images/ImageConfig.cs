using System.Text.Json;
using Cairn.Llb;

namespace Cairn.Solver.Images;

/// <summary>What of an image's config the engine itself reads; frontends read the bytes.</summary>
/// <remarks>Source: OCI image-spec, config.md.</remarks>
public sealed record ImageConfig(Platform? Platform, IReadOnlyList<DiffId>? DiffIds, IReadOnlyList<ImageHistory> History)
{
    /// <summary>Reads a config; parts that are missing or malformed are null or empty, since not every artifact's config is an image's.</summary>
    public static ImageConfig Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            JsonElement root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object
                ? new ImageConfig(ImageDocument.ReadPlatform(root), ReadDiffIds(root), ReadHistory(root))
                : new ImageConfig(null, null, []);
        }
        catch (JsonException)
        {
            return new ImageConfig(null, null, []);
        }
    }

    private static List<DiffId>? ReadDiffIds(JsonElement root)
    {
        if (!root.TryGetProperty("rootfs", out JsonElement rootfs) || rootfs.ValueKind != JsonValueKind.Object
            || !rootfs.TryGetProperty("diff_ids", out JsonElement ids) || ids.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var diffIds = new List<DiffId>();
        foreach (JsonElement id in ids.EnumerateArray())
        {
            if (id.ValueKind != JsonValueKind.String || !Digest.TryParse(id.GetString(), out Digest digest))
            {
                return null;
            }

            diffIds.Add(new DiffId(digest));
        }

        return diffIds;
    }

    private static List<ImageHistory> ReadHistory(JsonElement root)
    {
        var history = new List<ImageHistory>();
        if (root.TryGetProperty("history", out JsonElement entries) && entries.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement entry in entries.EnumerateArray().Where(entry => entry.ValueKind == JsonValueKind.Object))
            {
                DateTimeOffset? created = ImageDocument.Text(entry, "created") is { } text && GoTime.TryParse(text, out DateTimeOffset time) ? time : null;
                bool empty = entry.TryGetProperty("empty_layer", out JsonElement flag) && flag.ValueKind == JsonValueKind.True;
                history.Add(new ImageHistory(created, ImageDocument.Text(entry, "created_by"), empty));
            }
        }

        return history;
    }
}
