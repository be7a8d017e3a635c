using System.Runtime.CompilerServices;
using System.Xml.Linq;

namespace Cairn.Architecture.Tests;

/// <summary>One project of the house, as its file says. Paths are relative to the source root, with '/'.</summary>
internal sealed class ProjectFile
{
    private ProjectFile(string path)
    {
        Path = path;
        Xml = XDocument.Load(System.IO.Path.Combine(SourceRoot, path));
    }

    public static string SourceRoot { get; } = FindRoot();

    public string Path { get; }

    public XDocument Xml { get; }

    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    /// <summary>Names of the projects that this one references.</summary>
    public IEnumerable<string> References => Xml.Descendants("ProjectReference")
        .Select(r => System.IO.Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));

    public static IReadOnlyList<ProjectFile> All() =>
        [.. FilesBelow("").Where(f => f.EndsWith(".csproj", StringComparison.Ordinal)).Select(f => new ProjectFile(f))];

    public static IReadOnlyList<ProjectFile> OfProduct() =>
        [.. All().Where(p => !p.Path.StartsWith("tests/", StringComparison.Ordinal))];

    /// <summary>C# files in the project's folder, those of projects below it included.</summary>
    public IEnumerable<string> SourceFiles() =>
        FilesBelow(System.IO.Path.GetDirectoryName(Path)!).Where(f => f.EndsWith(".cs", StringComparison.Ordinal));

    private static IEnumerable<string> FilesBelow(string folder) =>
        Directory.EnumerateFiles(System.IO.Path.Combine(SourceRoot, folder), "*", SearchOption.AllDirectories)
            .Select(f => System.IO.Path.GetRelativePath(SourceRoot, f))
            .Where(f => !f.StartsWith("artifacts/", StringComparison.Ordinal) && !f.StartsWith(".git/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

    private static string FindRoot([CallerFilePath] string here = "")
    {
        // A deterministic build maps source paths to /_/, so the folder of the running test is tried first.
        foreach (string start in new[] { AppContext.BaseDirectory, here })
        {
            for (string? folder = start; !string.IsNullOrEmpty(folder); folder = System.IO.Path.GetDirectoryName(folder))
            {
                if (File.Exists(System.IO.Path.Combine(folder, "Build.sln")))
                {
                    return folder;
                }
            }
        }

        throw new DirectoryNotFoundException("No Build.sln above the test program.");
    }
}
