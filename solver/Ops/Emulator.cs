using System.Runtime.InteropServices;
using Cairn.Llb;
using Cairn.Solver.Execution;

namespace Cairn.Solver.Ops;

/// <summary>Runs programs of another processor: a static QEMU of this machine, mounted into the container and put before the program.</summary>
/// <remarks>Source: llb-semantics.md, section 7.3, "Foreign platforms".</remarks>
internal sealed record Emulator(BindMount Mount)
{
    /// <summary>Where it is inside the container.</summary>
    public const string Path = "/dev/.buildkit_qemu_emulator";

    /// <summary>The emulator for a platform; null if the kernel runs the platform's programs, or no emulator is installed.</summary>
    public static Emulator? For(Platform platform)
    {
        string? name = QemuName(platform.Architecture);
        if (name is null || IsNative(platform.Architecture) || File.Exists($"/proc/sys/fs/binfmt_misc/qemu-{name}"))
        {
            return null;
        }

        string[] directories = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        string? program = directories.Select(directory => System.IO.Path.Combine(directory, $"buildkit-qemu-{name}")).FirstOrDefault(File.Exists);
        return program is null ? null : new Emulator(new BindMount(Path, program) { ReadOnly = true, IsFile = true });
    }

    private static bool IsNative(string architecture) => RuntimeInformation.OSArchitecture switch
    {
        Architecture.X64 => architecture is "amd64" or "386",
        Architecture.Arm64 => architecture is "arm64" or "arm",
        _ => true,   // not known: leave it to the kernel
    };

    private static string? QemuName(string architecture) => architecture switch
    {
        "amd64" => "x86_64",
        "arm64" => "aarch64",
        "386" => "i386",
        "arm" or "riscv64" or "s390x" or "ppc64le" => architecture,
        _ => null,
    };
}
