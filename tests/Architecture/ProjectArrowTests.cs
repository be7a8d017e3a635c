using Xunit;

namespace Cairn.Architecture.Tests;

public class ProjectArrowTests
{
    // The table of docs/architecture.md, "Rooms". The op messages are the op model, so solver and dockerfile see protos.
    private static readonly SortedDictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Cairn.Protos"] = [],
        ["Cairn.Llb"] = ["Cairn.Protos"],
        ["Cairn.Snapshotter"] = ["Cairn.Llb"],
        ["Cairn.Cache"] = ["Cairn.Llb", "Cairn.Snapshotter"],
        ["Cairn.Solver"] = ["Cairn.Llb", "Cairn.Protos", "Cairn.Snapshotter", "Cairn.Cache"],
        ["Cairn.Rpc"] = [],
        ["Cairn.Wire"] = ["Cairn.Llb", "Cairn.Protos", "Cairn.Snapshotter", "Cairn.Rpc"],
        ["Cairn.Client"] = ["Cairn.Llb", "Cairn.Protos", "Cairn.Snapshotter", "Cairn.Rpc", "Cairn.Wire"],
        ["Cairn.Frontend.Dockerfile"] = ["Cairn.Llb", "Cairn.Protos"],
        ["Cairn.Frontend.Gateway"] = ["Cairn.Llb", "Cairn.Protos", "Cairn.Rpc", "Cairn.Wire", "Cairn.Solver", "Cairn.Frontend.Dockerfile"],
        ["Cairn.Daemon"] = ["Cairn.Llb", "Cairn.Protos", "Cairn.Snapshotter", "Cairn.Rpc", "Cairn.Wire", "Cairn.Solver", "Cairn.Frontend.Gateway"],
        ["Cairn.Cli"] =
        [
            "Cairn.Llb", "Cairn.Protos", "Cairn.Client", "Cairn.Daemon", "Cairn.Frontend.Dockerfile", "Cairn.Frontend.Gateway", "Cairn.Solver",
        ],
        ["Cairn.Examples.Merge"] = ["Cairn.Llb", "Cairn.Protos", "Cairn.Solver"],
        ["Cairn.Examples.Client"] = ["Cairn.Llb", "Cairn.Protos", "Cairn.Client"],
    };

    [Fact]
    public void Every_arrow_between_the_rooms_is_in_the_table()
    {
        List<string> wrong = [];
        foreach (ProjectFile project in ProjectFile.OfProduct())
        {
            if (!Allowed.TryGetValue(project.Name, out string[]? allowed))
            {
                wrong.Add($"{project.Path}: the room {project.Name} is not in the table");
                continue;
            }

            foreach (string reference in project.References.Except(allowed, StringComparer.Ordinal))
            {
                wrong.Add($"{project.Path}: {project.Name} may not reference {reference}");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string solution = File.ReadAllText(Path.Combine(ProjectFile.SourceRoot, "Build.sln")).Replace('\\', '/');
        Assert.Empty(ProjectFile.All().Where(p => !solution.Contains($"\"{p.Path}\"", StringComparison.Ordinal)).Select(p => p.Path));
    }

    [Fact]
    public void Every_project_has_a_lock_file()
    {
        Assert.Empty(ProjectFile.All()
            .Where(p => !File.Exists(Path.Combine(ProjectFile.SourceRoot, Path.GetDirectoryName(p.Path)!, "packages.lock.json")))
            .Select(p => p.Path));
    }

    [Fact]
    public void Package_versions_stand_in_one_place()
    {
        List<string> wrong = [];
        foreach (ProjectFile project in ProjectFile.All())
        {
            wrong.AddRange(project.Xml.Descendants("PackageReference")
                .Where(p => p.Attribute("Version") is not null || p.Attribute("VersionOverride") is not null)
                .Select(p => $"{project.Path}: {p.Attribute("Include")?.Value}"));
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Unsafe_code_and_native_calls_live_in_the_snapshotter_alone()
    {
        Assert.Equal(
            ["snapshotter/Cairn.Snapshotter.csproj"],
            ProjectFile.OfProduct().Where(p => p.Xml.Descendants("AllowUnsafeBlocks").Any(e => bool.Parse(e.Value))).Select(p => p.Path));

        string[] imports = ["[DllImport", "[LibraryImport"];
        List<string> outside = [];
        foreach (ProjectFile project in ProjectFile.OfProduct())
        {
            foreach (string file in project.SourceFiles())
            {
                if (!file.StartsWith("snapshotter/Native/", StringComparison.Ordinal)
                    && imports.Any(File.ReadAllText(Path.Combine(ProjectFile.SourceRoot, file)).Contains))
                {
                    outside.Add(file);
                }
            }
        }

        Assert.Empty(outside);
    }
}
