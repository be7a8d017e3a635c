using Cairn.Cli.Progress;
using Cairn.Llb;

namespace Cairn.Cli.Errors;

/// <summary>What is printed when a build fails: the failing step's whole log, the excerpt of the source, and the error.</summary>
internal static class FailureReport
{
    /// <summary>Writes the report of a failed build.</summary>
    /// <param name="output">The standard error.</param>
    /// <param name="error">Why it failed.</param>
    /// <param name="view">The build as it was shown; null when it did not get that far.</param>
    public static void Write(TextWriter output, Exception error, BuildView? view)
    {
        BuildException? cause = error as BuildException;
        if (cause?.Vertex is { } vertex && view?.Find(vertex) is { Log.Lines.Count: > 0 } row)
        {
            output.WriteLine("------");
            output.WriteLine($" > {row.Name}:");
            foreach (LogLine line in row.Log.Lines)
            {
                output.WriteLine(line.ToString());
            }

            output.WriteLine("------");
        }

        foreach (SourceLocation source in cause?.Sources ?? [])
        {
            output.Write(SourceExcerpt.Render(source));
        }

        string prefix = view is null ? "" : "failed to build: failed to solve: ";
        output.WriteLine($"ERROR: {prefix}{error.Message}");
        if (cause?.Remedy is { Length: > 0 } remedy)
        {
            output.WriteLine(remedy);
        }

        if (cause is null or { Kind: ErrorKind.Internal })
        {
            output.WriteLine("This is an error in cairn itself; please report it with what follows.");
            output.WriteLine(error.ToString());
        }
    }

    /// <summary>What is wrong with additional stores, before the command goes on without them.</summary>
    public static void WriteWarnings(TextWriter output, Solver.BuildSolver solver)
    {
        foreach (string warning in solver.Warnings)
        {
            output.WriteLine($"WARNING: {warning}");
        }
    }

    /// <summary>Lint and other warnings, after the build.</summary>
    public static void WriteWarnings(TextWriter output, IReadOnlyList<Solver.Progress.BuildWarning> warnings)
    {
        if (warnings.Count == 0)
        {
            return;
        }

        output.WriteLine();
        output.WriteLine(warnings.Count == 1 ? " 1 warning found:" : $" {warnings.Count} warnings found:");
        foreach (Solver.Progress.BuildWarning warning in warnings)
        {
            output.WriteLine($" - {warning.Short}");
        }

        output.WriteLine();
    }
}
