using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cairn.Solver;

namespace Cairn.Cli.Building;

/// <summary>What was found in the store, and done to it, in words.</summary>
internal static class StoreCheckText
{
    /// <summary>One paragraph for each finding; nothing if there is none.</summary>
    public static string Findings(StoreCheck check)
    {
        StringBuilder text = new();
        foreach (StoreFinding finding in check.Findings)
        {
            text.Append(finding.Kind.Replace('-', ' ')).Append(": ").Append(finding.Subject).Append(": ").Append(finding.Reason).Append('\n');
            foreach (string detail in finding.Details)
            {
                text.Append("  ").Append(detail).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>What was looked at, and the verdict.</summary>
    public static string Summary(StoreCheck check)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"Checked {Count(check.Layers, "layer")}, {Count(check.Blobs, "blob")} and {Count(check.Rows, "row")}.");
        if (check.Recorded > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $" The files of {Count(check.Recorded, "layer")} were recorded for the first time");
            text.Append(CultureInfo.InvariantCulture, $", {check.Proven} of them proven by a diff ID.");
        }

        int damage = check.Findings.Count(static finding => finding.IsDamage);
        text.Append('\n').Append(damage == 0
            ? "The store is sound."
            : $"Damage found: {Count(damage, "finding")}. 'cairn store repair' mends what can be mended and drops the rest.");
        return text.Append('\n').ToString();
    }

    /// <summary>What was done.</summary>
    public static string Steps(StoreMending mending)
    {
        if (mending.Steps.Count == 0)
        {
            return Summary(mending.Before) + "There was nothing to mend.\n";
        }

        StringBuilder text = new();
        foreach (StoreMendingStep step in mending.Steps)
        {
            text.Append(step.Did).Append(' ').Append(step.Subject).Append(": ").Append(step.How).Append('\n');
        }

        IEnumerable<string> sums = mending.Steps.CountBy(static step => step.Did).Select(static sum =>
            string.Create(CultureInfo.InvariantCulture, $"{sum.Value} {sum.Key}"));
        return text.Append("Done: ").AppendJoin(", ", sums).Append(".\n").ToString();
    }

    /// <summary>One JSON object on one line.</summary>
    /// <param name="check">What was found.</param>
    /// <param name="steps">What was done; null where nothing was to be done.</param>
    public static string Json(StoreCheck check, IReadOnlyList<StoreMendingStep>? steps)
    {
        ArrayBufferWriter<byte> text = new();
        using (Utf8JsonWriter json = new(text, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteBoolean("sound", check.IsSound);
            json.WriteNumber("layers", check.Layers);
            json.WriteNumber("blobs", check.Blobs);
            json.WriteNumber("rows", check.Rows);
            json.WriteNumber("recorded", check.Recorded);
            json.WriteNumber("proven", check.Proven);
            json.WriteStartArray("findings");
            foreach (StoreFinding finding in check.Findings)
            {
                json.WriteStartObject();
                json.WriteString("kind", finding.Kind);
                json.WriteBoolean("damage", finding.IsDamage);
                json.WriteString("subject", finding.Subject);
                json.WriteString("reason", finding.Reason);
                json.WriteStartArray("details");
                foreach (string detail in finding.Details)
                {
                    json.WriteStringValue(detail);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (steps is not null)
            {
                json.WriteStartArray("steps");
                foreach (StoreMendingStep step in steps)
                {
                    json.WriteStartObject();
                    json.WriteString("did", step.Did);
                    json.WriteString("subject", step.Subject);
                    json.WriteString("how", step.How);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    private static string Count(long number, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {what}{(number == 1 ? "" : "s")}");
}
