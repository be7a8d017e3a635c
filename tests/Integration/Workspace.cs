using System.Globalization;

namespace Cairn.Integration.Tests;

/// <summary>A directory for one test: contexts, outputs and stores. Gone with it.</summary>
internal sealed class Workspace : IDisposable
{
    public Workspace() => Path = Directory.CreateTempSubdirectory("cairn-test-").FullName;

    public string Path { get; }

    /// <summary>The store of the test.</summary>
    public string Root => In("root");

    public string In(string relative) => System.IO.Path.Combine(Path, relative);

    /// <summary>Writes a file, its directories too.</summary>
    public string Write(string relative, string content)
    {
        string path = In(relative);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    /// <summary>A context with this machine's busybox in it and the given Dockerfile; the first stage may use "FROM scratch / COPY busybox".</summary>
    public string Context(string name, string dockerfile)
    {
        Write(System.IO.Path.Combine(name, "Dockerfile"), dockerfile);
        string busybox = System.IO.Path.Combine(CairnProgram.SourceRoot, "examples", "hello", "busybox");
        if (!File.Exists(busybox))
        {
            busybox = "/bin/busybox";
        }

        File.Copy(busybox, In(System.IO.Path.Combine(name, "busybox")), overwrite: true);
        return In(name);
    }

    /// <summary>Builds with the test's store and plain progress.</summary>
    public Task<Finished> BuildAsync(params IReadOnlyList<string> arguments) => BuildInAsync(Root, arguments);

    /// <summary>Builds with another store.</summary>
    public static Task<Finished> BuildInAsync(string root, IReadOnlyList<string> arguments) =>
        CairnProgram.RunAsync(["build", "--root", root, "--progress", "plain", .. arguments]);

    public void Dispose()
    {
        // Layers hold whiteouts and files without permissions: root may remove them all.
        Directory.Delete(Path, recursive: true);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Path}");
}
