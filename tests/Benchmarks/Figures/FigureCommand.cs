using System.Globalization;

namespace Cairn.Benchmarks.Figures;

/// <summary><c>figures [--runs N] [--launcher PATH] [--only TEXT]</c>: measures and prints the table that docs/benchmarks.md shows.</summary>
internal static class FigureCommand
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        int runs = int.Parse(Option(arguments, "--runs") ?? "5", CultureInfo.InvariantCulture);
        string? launcher = Option(arguments, "--launcher");
        IReadOnlyList<Figure> figures =
        [
            .. await SolveFigures.MeasureAsync(runs, Option(arguments, "--only") ?? string.Empty),
            .. await RpcFigures.MeasureAsync(runs, Option(arguments, "--only") ?? string.Empty),
            .. HashFigures.Measure(runs, Option(arguments, "--only") ?? string.Empty),
            .. launcher is null ? [] : ProcessFigures.Measure(Path.GetFullPath(launcher), runs),
        ];
        FigureTable.Write(Console.Out, figures);
        return 0;
    }

    private static string? Option(string[] arguments, string name)
    {
        int at = Array.IndexOf(arguments, name);
        return at >= 0 && at + 1 < arguments.Length ? arguments[at + 1] : null;
    }
}
