using System.Diagnostics;
using System.Globalization;

namespace Cairn.Tests.Harness;

/// <summary>A filesystem of its own in a file, mounted while this object lives.</summary>
internal sealed class LoopFilesystem : IDisposable
{
    private readonly string _home;

    private LoopFilesystem(string home) => _home = home;

    /// <summary>Where it is mounted.</summary>
    public string Path => System.IO.Path.Combine(_home, "mount");

    /// <summary>The file that holds it.</summary>
    public string Image => System.IO.Path.Combine(_home, "image");

    /// <param name="kind">"ext4", "xfs" or "btrfs"; xfs and btrfs need 300 MiB at least.</param>
    /// <param name="megabytes">Size in MiB; the file is sparse.</param>
    /// <param name="makeOptions">More arguments of mkfs.</param>
    /// <param name="mountOptions">Mount options, such as "noatime".</param>
    public static LoopFilesystem Make(string kind, int megabytes, IReadOnlyList<string>? makeOptions = null, string? mountOptions = null)
    {
        var made = new LoopFilesystem(Directory.CreateTempSubdirectory("cairn-loop-").FullName);
        try
        {
            Directory.CreateDirectory(made.Path);
            using (FileStream image = File.Create(made.Image))
            {
                image.SetLength((long)megabytes << 20);
            }
            Run("mkfs." + kind, [kind == "ext4" ? "-F" : "-f", "-q", .. makeOptions ?? [], made.Image]);
            made.Mount(mountOptions);
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    public void Mount(string? options = null) =>
        Run("mount", ["-o", options is null ? "loop" : "loop," + options, Image, Path]);

    public void Unmount() => Run("umount", [Path]);

    public void Remount(string options) => Run("mount", ["-o", "remount," + options, Path]);

    public void Dispose()
    {
        if (File.ReadAllText("/proc/self/mountinfo").Contains($" {Path} ", StringComparison.Ordinal))
        {
            Run("umount", ["-l", Path]);
        }
        Run("rm", ["-rf", "--one-file-system", _home]);
    }

    private static void Run(string program, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture, $"{program} {string.Join(' ', arguments)}: {process.ExitCode}\n{output.Result}{errors}"));
        }
    }
}
