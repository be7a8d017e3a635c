using System.Text;
using System.Text.Json;
using Cairn.Llb;

namespace Cairn.Frontend.Dockerfile.Images;

/// <summary>Reads and writes image configs; what is written is byte for byte what the reference frontend writes.</summary>
internal static class ImageConfigJson
{
    /// <param name="json">The config blob of an image.</param>
    /// <param name="image">Its name, for the error.</param>
    /// <exception cref="BuildException">The bytes are no image config.</exception>
    public static ImageConfig Read(ReadOnlyMemory<byte> json, string image)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return Read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new BuildException(ErrorKind.Input, "read image config", image, e.Message, inner: e);
        }
    }

    public static byte[] Write(ImageConfig image)
    {
        var json = new JsonFields();
        json.TextOrNothing("author", image.Author);
        json.Text("architecture", image.Architecture);
        json.Text("os", image.Os);
        json.TextOrNothing("os.version", image.OsVersion);
        json.ListOrNothing("os.features", image.OsFeatures);
        json.TextOrNothing("variant", image.Variant);
        var rootFs = new JsonFields();
        rootFs.Text("type", image.RootFsType);
        rootFs.Raw("diff_ids", image.DiffIds is null ? "null" : GoText.JsonArray(image.DiffIds));
        json.Raw("rootfs", rootFs.ToString());
        if (image.History.Count > 0)
        {
            json.Raw("history", $"[{string.Join(',', image.History.Select(Write))}]");
        }
        json.Raw("config", WriteConfig(image));
        return Encoding.UTF8.GetBytes(json.ToString());
    }

    private static string Write(HistoryEntry entry)
    {
        var json = new JsonFields();
        json.TextOrNothing("created", entry.Created);
        json.TextOrNothing("created_by", entry.CreatedBy);
        json.TextOrNothing("author", entry.Author);
        json.TextOrNothing("comment", entry.Comment);
        json.FlagOrNothing("empty_layer", entry.IsEmptyLayer);
        return json.ToString();
    }

    private static string WriteConfig(ImageConfig image)
    {
        var json = new JsonFields();
        json.TextOrNothing("User", image.User);
        json.SetOrNothing("ExposedPorts", image.ExposedPorts);
        json.ListOrNothing("Env", image.Env);
        json.ListOrNothing("Entrypoint", image.Entrypoint);
        json.ListOrNothing("Cmd", image.Cmd);
        json.SetOrNothing("Volumes", image.Volumes);
        json.TextOrNothing("WorkingDir", image.WorkingDir);
        if (image.Labels.Count > 0)
        {
            var labels = new JsonFields();
            foreach ((string name, string value) in image.Labels)
            {
                labels.Text(name, value);
            }
            json.Raw("Labels", labels.ToString());
        }
        json.TextOrNothing("StopSignal", image.StopSignal);
        json.FlagOrNothing("ArgsEscaped", image.ArgsEscaped);
        if (image.HealthCheck is { } check)
        {
            var fields = new JsonFields();
            fields.ListOrNothing("Test", check.Test);
            fields.NumberOrNothing("Interval", check.Interval.Nanoseconds);
            fields.NumberOrNothing("Timeout", check.Timeout.Nanoseconds);
            fields.NumberOrNothing("StartPeriod", check.StartPeriod.Nanoseconds);
            fields.NumberOrNothing("StartInterval", check.StartInterval.Nanoseconds);
            fields.NumberOrNothing("Retries", check.Retries);
            json.Raw("Healthcheck", fields.ToString());
        }
        json.ListOrNothing("OnBuild", image.OnBuild);
        json.ListOrNothing("Shell", image.Shell);
        return json.ToString();
    }

    private static ImageConfig Read(JsonElement root)
    {
        JsonElement rootFs = Child(root, "rootfs");
        JsonElement config = Child(root, "config");
        var image = new ImageConfig
        {
            Author = Text(root, "author"),
            Architecture = Text(root, "architecture") ?? "",
            Os = Text(root, "os") ?? "",
            OsVersion = Text(root, "os.version") ?? "",
            OsFeatures = List(root, "os.features") ?? [],
            Variant = Text(root, "variant") ?? "",
            RootFsType = Text(rootFs, "type") ?? "",
            DiffIds = List(rootFs, "diff_ids"),
            User = Text(config, "User") ?? "",
            Entrypoint = List(config, "Entrypoint") ?? [],
            Cmd = List(config, "Cmd") ?? [],
            WorkingDir = Text(config, "WorkingDir") ?? "",
            StopSignal = Text(config, "StopSignal") ?? "",
            ArgsEscaped = Child(config, "ArgsEscaped").ValueKind == JsonValueKind.True,
            HealthCheck = ReadHealthCheck(Child(config, "Healthcheck")),
            OnBuild = List(config, "OnBuild") ?? [],
            Shell = List(config, "Shell") ?? [],
        };
        image.Env.AddRange(List(config, "Env") ?? []);
        image.ExposedPorts.UnionWith(Names(config, "ExposedPorts"));
        image.Volumes.UnionWith(Names(config, "Volumes"));
        foreach (string name in Names(config, "Labels"))
        {
            image.Labels[name] = Text(Child(config, "Labels"), name) ?? "";
        }
        JsonElement history = Child(root, "history");
        if (history.ValueKind == JsonValueKind.Array)
        {
            image.History.AddRange(history.EnumerateArray().Select(ReadHistory));
        }
        return image;
    }

    private static HistoryEntry ReadHistory(JsonElement entry) =>
        new(Text(entry, "created_by"), Text(entry, "created"), Child(entry, "empty_layer").ValueKind == JsonValueKind.True)
        {
            Author = Text(entry, "author"),
            Comment = Text(entry, "comment"),
        };

    private static HealthCheck? ReadHealthCheck(JsonElement check) => check.ValueKind != JsonValueKind.Object
        ? null
        : new HealthCheck(List(check, "Test") ?? [])
        {
            Interval = new GoDuration(Number(check, "Interval")),
            Timeout = new GoDuration(Number(check, "Timeout")),
            StartPeriod = new GoDuration(Number(check, "StartPeriod")),
            StartInterval = new GoDuration(Number(check, "StartInterval")),
            Retries = checked((int)Number(check, "Retries")),
        };

    private static JsonElement Child(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement child) ? child : default;

    private static string? Text(JsonElement parent, string name) =>
        Child(parent, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static long Number(JsonElement parent, string name) =>
        Child(parent, name) is { ValueKind: JsonValueKind.Number } number ? number.GetInt64() : 0;

    private static List<string>? List(JsonElement parent, string name) =>
        Child(parent, name) is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray().Select(e => e.GetString() ?? "")] : null;

    private static IEnumerable<string> Names(JsonElement parent, string name) =>
        Child(parent, name) is { ValueKind: JsonValueKind.Object } map ? map.EnumerateObject().Select(p => p.Name) : [];
}
