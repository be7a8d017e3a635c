using Cairn.Llb.Building;
using Cairn.Solver;
using Cairn.Solver.Exporters;
using Cairn.Solver.Progress;
using Cairn.Solver.Sessions;

namespace Cairn.Examples.Merge;

/// <summary>
/// Builds a graph with Merge and Diff in C#, solves it in this process, and writes the result to a directory:
/// <c>dotnet run --project examples/merge -- OUTPUT [STORE]</c> (as root).
/// </summary>
internal static class Program
{
    private const int Directories = 0b111_101_101;   // rwxr-xr-x
    private const int Files = 0b110_100_100;   // rw-r--r--

    public static async Task<int> Main(string[] arguments)
    {
        if (arguments.Length is 0 or > 2)
        {
            await Console.Error.WriteLineAsync("usage: merge OUTPUT [STORE]");
            return 1;
        }

        string output = Path.GetFullPath(arguments[0]);
        string store = Path.GetFullPath(arguments.Length > 1 ? arguments[1] : Path.Combine(Path.GetTempPath(), "cairn-merge-example"));
        string id = Guid.NewGuid().ToString("N");
        await using BuildSolver solver = BuildSolver.Open(new SolverOptions { Root = store, RunRoot = "/run/cairn" });
        var request = new BuildRequest
        {
            Id = id,
            Session = new InProcessSession(new InProcessSessionOptions { Id = id, Exports = new ExportPaths([new ExportDestination { Directory = output }]) }),
            Definition = Graph().Marshal(),
            Exports = [new ExportSpec("local", new Dictionary<string, string>())],
        };
        await solver.BuildAsync(request, new ConsoleProgress(), CancellationToken.None);
        foreach (string file in Directory.EnumerateFiles(output, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            Console.WriteLine($"{Path.GetRelativePath(output, file)}: {(await File.ReadAllTextAsync(file)).TrimEnd()}");
        }

        return 0;
    }

    // Two branches start from the same base. What each of them changed is taken on its own (Diff) and laid over another base (Merge):
    // no file is copied, and a branch that is built again does not disturb the other.
    private static State Graph()
    {
        State old = State.Scratch.File(FileActions.None.MakeDirectory("/etc", Directories).MakeFile("/etc/release", Files, "old\n"u8.ToArray()), Named("base, old release"));
        State left = old.File(FileActions.None.MakeFile("/left", Files, "made by the left branch\n"u8.ToArray()), Named("left branch"));
        State right = old.File(
            FileActions.None.MakeFile("/right", Files, "made by the right branch\n"u8.ToArray()).Remove("/etc/release"), Named("right branch"));

        State fresh = State.Scratch.File(FileActions.None.MakeDirectory("/etc", Directories).MakeFile("/etc/issue", Files, "new\n"u8.ToArray()), Named("base, new release"));
        return State.Merge([fresh, State.Diff(old, left, Named("what left changed")), State.Diff(old, right, Named("what right changed"))], Named("both on the new base"));
    }

    private static VertexOptions Named(string name) => new() { CustomName = name };

    private sealed class ConsoleProgress : IBuildProgress
    {
        public void Write(BuildEvent news)
        {
            if (news is VertexEvent { Completed: not null } vertex)
            {
                Console.Error.WriteLine($"{(vertex.Cached ? "cached" : "done  ")} {vertex.Name}");
            }
        }
    }
}
