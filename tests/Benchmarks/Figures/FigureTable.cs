using System.Globalization;

namespace Cairn.Benchmarks.Figures;

/// <summary>Writes figures as a Markdown table: medians with the spread, and BuildKit's figure over ours.</summary>
internal static class FigureTable
{
    public static void Write(TextWriter writer, IReadOnlyList<Figure> figures)
    {
        writer.WriteLine("| what | Cairn, median s | min to max | BuildKit s | BuildKit / Cairn |");
        writer.WriteLine("|---|---|---|---|---|");
        foreach (Figure figure in figures)
        {
            string reference = figure.Reference is { } seconds ? Seconds(seconds) : "–";
            string ratio = figure.Reference is { } known ? (known / figure.Median).ToString("0.0", CultureInfo.InvariantCulture) : "–";
            writer.WriteLine(
                $"| {figure.Name} | {Seconds(figure.Median)} | {Seconds(figure.Samples.Min())} to {Seconds(figure.Samples.Max())} | {reference} | {ratio} |");
        }
    }

    private static string Seconds(double seconds) => seconds.ToString("0.000", CultureInfo.InvariantCulture);
}
