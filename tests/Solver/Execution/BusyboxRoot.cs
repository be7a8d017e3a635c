namespace Cairn.Solver.Tests.Execution;

/// <summary>A directory that a container can run on: busybox, its names, and accounts.</summary>
internal sealed class BusyboxRoot : IDisposable
{
    private static readonly string[] Programs =
        ["sh", "ls", "cat", "id", "sleep", "echo", "head", "tr", "grep", "mkdir", "rm", "touch", "stat", "ip", "mount", "unshare", "hostname", "pwd", "env", "mknod", "dd", "kill", "chmod", "chown", "ps", "readlink", "true", "wc", "date", "find", "ln", "test", "tail", "nc", "umask"];

    public BusyboxRoot(string parent)
    {
        Path = System.IO.Path.Combine(parent, "root-" + Guid.NewGuid().ToString("n"));
        Fill(Path);
    }

    public string Path { get; }

    public static void Fill(string root)
    {
        string bin = System.IO.Path.Combine(root, "bin");
        Directory.CreateDirectory(bin);
        File.Copy("/bin/busybox", System.IO.Path.Combine(bin, "busybox"));
        foreach (string program in Programs)
        {
            File.CreateSymbolicLink(System.IO.Path.Combine(bin, program), "busybox");
        }
    }

    public string Write(string path, string text)
    {
        string host = Path + path;
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(host)!);
        File.WriteAllText(host, text);
        return host;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
