using System.Globalization;
using System.Text;
using Cairn.Llb;
using Cairn.Solver.History;

namespace Cairn.Cli.Timings;

/// <summary>The graph of a build's steps as a drawing: inputs above what is built on them.</summary>
internal static class StepGraph
{
    private const int Most = 400;
    private const int Width = 190;
    private const int Height = 34;
    private const int GapX = 20;
    private const int GapY = 36;
    private const int NameLength = 26;

    /// <summary>SVG with a title for each box; a sentence instead if there are too many steps to look at.</summary>
    public static string Svg(IReadOnlyList<StepRecord> steps, IReadOnlySet<Digest> critical)
    {
        if (steps.Count > Most)
        {
            return string.Create(CultureInfo.InvariantCulture, $"<p>{steps.Count} steps are too many for a drawing that could be read.</p>\n");
        }

        Dictionary<Digest, (int Row, int Column)> places = Place(steps);
        int columns = places.Count == 0 ? 0 : places.Values.Max(static place => place.Column) + 1;
        int rows = places.Count == 0 ? 0 : places.Values.Max(static place => place.Row) + 1;
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture, $"<div class=\"scroll\"><svg role=\"img\" aria-label=\"Graph of {steps.Count} steps\" width=\"{(columns * (Width + GapX)) + GapX}\" height=\"{(rows * (Height + GapY)) + GapY}\">\n");
        foreach (StepRecord step in steps)
        {
            (int x, int y) = At(places[step.Digest]);
            foreach (Digest input in step.Inputs.Distinct().Where(places.ContainsKey))
            {
                (int fromX, int fromY) = At(places[input]);
                int startX = fromX + (Width / 2), startY = fromY + Height, endX = x + (Width / 2);
                svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{startX} {startY}C{startX} {startY + (GapY / 2)} {endX} {y - (GapY / 2)} {endX} {y}\"/>\n");
            }
        }

        foreach (StepRecord step in steps)
        {
            (int x, int y) = At(places[step.Digest]);
            string name = step.Name.Split('\n')[0];
            string label = name.Length <= NameLength ? name : string.Concat(name.AsSpan(0, NameLength - 1), "…");
            svg.Append(CultureInfo.InvariantCulture, $"<g><title>{TimingsPage.Text($"{name} ({TimingsPage.Class(step, critical)})")}</title>");
            svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"{TimingsPage.Class(step, critical)}\" x=\"{x}\" y=\"{y}\" width=\"{Width}\" height=\"{Height}\" rx=\"4\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x + 8}\" y=\"{y + 21}\">{TimingsPage.Text(label)}</text></g>\n");
        }

        return svg.Append("</svg></div>\n").ToString();
    }

    // A step stands one row below its lowest input; steps come after their inputs.
    private static Dictionary<Digest, (int Row, int Column)> Place(IReadOnlyList<StepRecord> steps)
    {
        Dictionary<Digest, (int Row, int Column)> places = [];
        Dictionary<int, int> filled = [];
        foreach (StepRecord step in steps)
        {
            int row = step.Inputs.Where(places.ContainsKey).Select(input => places[input].Row + 1).DefaultIfEmpty(0).Max();
            int column = filled.GetValueOrDefault(row);
            filled[row] = column + 1;
            places[step.Digest] = (row, column);
        }

        return places;
    }

    private static (int X, int Y) At((int Row, int Column) place) => (GapX + (place.Column * (Width + GapX)), (GapY / 2) + (place.Row * (Height + GapY)));
}
