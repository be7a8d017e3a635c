using Cairn.Cli.Settings;
using Cairn.Llb;
using Cairn.Solver.Exporters;
using Cairn.Solver.Sessions;

namespace Cairn.Cli.Building;

/// <summary>The outputs of a build, looked at before any work is done: a place that cannot be written is told now, not after an hour.</summary>
internal sealed class OutputPlan
{
    private readonly IReadOnlyList<OutputSpec> _outputs;

    private OutputPlan(IReadOnlyList<OutputSpec> outputs) => _outputs = outputs;

    /// <exception cref="BuildException">Input: a destination cannot be what it is asked to be.</exception>
    public static OutputPlan Check(IReadOnlyList<OutputSpec> outputs)
    {
        foreach (OutputSpec output in outputs)
        {
            if (output.Destination is not { } destination)
            {
                continue;
            }

            if (destination == OutputSpec.StandardOutput)
            {
                if (!Console.IsOutputRedirected)
                {
                    throw Refused(output, "dest file is required. refusing to write to console");
                }
            }
            else if (IsDirectory(output))
            {
                if (File.Exists(destination))
                {
                    throw Refused(output, $"destination {destination} is a file, and a directory is needed");
                }
            }
            else if (Directory.Exists(destination))
            {
                throw Refused(output, $"destination {destination} is a directory, and a file is needed");
            }
            else if (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(destination))))
            {
                throw Refused(output, $"the directory of destination {destination} does not exist");
            }
        }

        return new OutputPlan(outputs);
    }

    /// <summary>The exporters as the solver wants them.</summary>
    public IReadOnlyList<ExportSpec> Exports => [.. _outputs.Select(o => new ExportSpec(o.Type, o.Attributes))];

    /// <summary>Where each exporter leaves its result, in the same order.</summary>
    public IReadOnlyList<ExportDestination> Destinations =>
        [
            .. _outputs.Select(o => o.Destination switch
            {
                null => new ExportDestination(),
                OutputSpec.StandardOutput => new ExportDestination { Output = Console.OpenStandardOutput() },
                { } path when IsDirectory(o) => new ExportDestination { Directory = Path.GetFullPath(path) },
                { } path => new ExportDestination { File = Path.GetFullPath(path) },
            }),
        ];

    private static bool IsDirectory(OutputSpec output) =>
        output.Type == "local" || (output.Attributes.TryGetValue("tar", out string? tar) && tar is "false" or "0" or "f" or "F" or "FALSE" or "False");

    private static BuildException Refused(OutputSpec output, string reason) => new(ErrorKind.Input, "", "", $"invalid output type={output.Type}: {reason}");
}
