using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cairn.Cli.Settings;
using Cairn.Solver;

namespace Cairn.Cli.Building;

/// <summary>Records of the store in words.</summary>
internal static class RecordText
{
    private const int IdWidth = 40;

    public static string Header { get; } = $"{"ID".PadRight(IdWidth)}RECLAIMABLE\tSIZE\t\tLAST ACCESSED";

    /// <summary>Writes the records to the standard output, the largest first, and what they come to.</summary>
    public static async Task WriteAsync(IReadOnlyList<StoredRecord> all, DiskUsageSettings settings, DateTimeOffset now)
    {
        IReadOnlyList<StoredRecord> records = [.. all.OrderByDescending(r => r.Size).ThenBy(r => r.Id, StringComparer.Ordinal)];
        if (!settings.Verbose && !settings.Json)
        {
            await Console.Out.WriteLineAsync(Header);
        }

        foreach (StoredRecord record in records)
        {
            await Console.Out.WriteLineAsync(settings.Json ? Json(record) : settings.Verbose ? Long(record, now) : Row(record, now));
        }

        if (settings.Json)
        {
            return;
        }

        long total = records.Sum(r => r.Size), shared = records.Where(r => r.IsShared).Sum(r => r.Size);
        if (shared > 0)
        {
            await Console.Out.WriteLineAsync($"Shared:\t\t{ByteSize.Format(shared)}\nPrivate:\t{ByteSize.Format(total - shared)}");
        }

        await Console.Out.WriteLineAsync($"Reclaimable:\t{ByteSize.Format(records.Where(r => !r.IsInUse).Sum(r => r.Size))}\nTotal:\t\t{ByteSize.Format(total)}");
    }

    /// <summary>One line of the table; a "*" marks a cache mount, whose files change.</summary>
    public static string Row(StoredRecord record, DateTimeOffset now) =>
        $"{(record.IsMutable ? record.Id + "*" : record.Id).PadRight(IdWidth)}{(record.IsInUse ? "false" : "true")}\t\t{ByteSize.Format(record.Size)}\t\t{Ago(record.LastUsedAt, now)}";

    /// <summary>Every field, one a line, and an empty line.</summary>
    public static string Long(StoredRecord record, DateTimeOffset now)
    {
        StringBuilder text = new();
        Add("ID", record.Id);
        Add("Created at", record.CreatedAt.UtcDateTime.ToString("u", CultureInfo.InvariantCulture));
        Add("Mutable", Word(record.IsMutable));
        Add("Reclaimable", Word(!record.IsInUse));
        Add("Shared", Word(record.IsShared));
        Add("Size", ByteSize.Format(record.Size));
        foreach (string parent in record.Parents)
        {
            Add("Parent", parent);
        }

        Add("Description", record.Description);
        Add("Usage count", record.UsageCount.ToString(CultureInfo.InvariantCulture));
        Add("Last used", Ago(record.LastUsedAt, now));
        Add("Type", record.RecordType);
        if (record.Broken is { } broken)
        {
            Add("Broken", broken);
        }

        return text.ToString();

        void Add(string name, string value) => text.Append($"{name}:".PadRight(16)).Append(value).Append('\n');
    }

    /// <summary>One JSON object on one line.</summary>
    public static string Json(StoredRecord record)
    {
        ArrayBufferWriter<byte> text = new();
        using (Utf8JsonWriter json = new(text, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("ID", record.Id);
            json.WriteStartArray("Parents");
            foreach (string parent in record.Parents)
            {
                json.WriteStringValue(parent);
            }

            json.WriteEndArray();
            json.WriteString("CreatedAt", record.CreatedAt);
            json.WriteBoolean("Mutable", record.IsMutable);
            json.WriteBoolean("Reclaimable", !record.IsInUse);
            json.WriteBoolean("Shared", record.IsShared);
            json.WriteNumber("Size", record.Size);
            json.WriteString("Description", record.Description);
            json.WriteNumber("UsageCount", record.UsageCount);
            if (record.LastUsedAt is { } used)
            {
                json.WriteString("LastUsedAt", used);
            }

            json.WriteString("Type", record.RecordType);
            if (record.Broken is { } broken)
            {
                json.WriteString("Broken", broken);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    private static string Word(bool value) => value ? "true" : "false";

    private static string Ago(DateTimeOffset? time, DateTimeOffset now)
    {
        if (time is not { } then)
        {
            return "never";
        }

        TimeSpan span = now > then ? now - then : TimeSpan.Zero;
        (long count, string unit) = span switch
        {
            { TotalMinutes: < 1 } => ((long)span.TotalSeconds, "second"),
            { TotalHours: < 1 } => ((long)span.TotalMinutes, "minute"),
            { TotalDays: < 1 } => ((long)span.TotalHours, "hour"),
            _ => ((long)span.TotalDays, "day"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{count} {unit}{(count == 1 ? "" : "s")} ago");
    }
}
