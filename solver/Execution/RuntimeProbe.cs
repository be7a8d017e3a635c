using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Cairn.Llb;

namespace Cairn.Solver.Execution;

/// <summary>Finds the container runtime to use, by running a container with each; remembers the answer until the next boot.</summary>
internal sealed class RuntimeProbe
{
    private const int Format = 1;
    private static readonly string[] SearchPath = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    private readonly ContainerExecutorOptions _options;

    /// <summary>Nothing is run before <see cref="FindAsync"/>.</summary>
    public RuntimeProbe(ContainerExecutorOptions options) => _options = options;

    /// <summary>The runtime to use.</summary>
    /// <exception cref="BuildException">None of the runtimes works here; the text says why each does not.</exception>
    public async Task<ContainerRuntime> FindAsync(CancellationToken cancellationToken)
    {
        List<ContainerRuntime> candidates = Candidates();
        string record = Path.Combine(_options.ProbeDirectory, $"runtime-{Key(candidates)}.json");
        if (RuntimeRecord.TryRead(record) is ContainerRuntime known)
        {
            return known;
        }

        List<string> failures = [];
        foreach (ContainerRuntime candidate in candidates)
        {
            var trial = new RuntimeTrial(_options, candidate);
            if (await trial.FailureAsync(cancellationToken) is string failure)
            {
                failures.Add($"{candidate.Name}: {failure}");
                continue;
            }

            ContainerRuntime found = candidate with { Filter = await trial.CompileFilterAsync(cancellationToken) };
            RuntimeRecord.Write(record, found);
            return found;
        }

        string reason = failures.Count == 0 ? "neither crun nor runc is installed" : string.Join("; ", failures);
        throw new BuildException(
            ErrorKind.Environment, "find a container runtime", _options.Runtime ?? "crun, runc", reason,
            remedy: failures.Count == 0 ? "Install one: apt-get install crun" : "Install another one: apt-get install runc");
    }

    /// <summary>The ways to try, fastest first.</summary>
    private List<ContainerRuntime> Candidates()
    {
        List<ContainerRuntime> candidates = [];
        bool hybrid = Directory.Exists("/sys/fs/cgroup/memory") && File.Exists(Path.Combine(ContainerRuntime.HybridMount, "cgroup.procs"));
        string[] programs = _options.Runtime is string wanted ? [wanted] : [RuntimeNames.Crun, RuntimeNames.Runc];
        foreach (string program in programs)
        {
            if (Locate(program) is not string path)
            {
                continue;
            }

            string name = Path.GetFileName(program).Contains(RuntimeNames.Runc, StringComparison.Ordinal) ? RuntimeNames.Runc : RuntimeNames.Crun;
            candidates.Add(new ContainerRuntime(name, path, Cgroups: true, HidesHybrid: hybrid && name == RuntimeNames.Crun, Filter: null));
        }

        ContainerRuntime[] withoutCgroups = [.. candidates.Where(runtime => runtime.Name == RuntimeNames.Crun)];
        candidates.AddRange(withoutCgroups.Select(runtime => runtime with { Cgroups = false }));
        return candidates;
    }

    private static string? Locate(string program) =>
        program.Contains('/', StringComparison.Ordinal)
            ? File.Exists(program) ? program : null
            : SearchPath.Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists);

    /// <summary>Changes with everything the answer depends on: boot, programs, control groups in view, and the profile.</summary>
    private static string Key(IReadOnlyList<ContainerRuntime> candidates)
    {
        var text = new StringBuilder().Append(Format).Append('\n');
        text.Append(File.ReadAllText("/proc/sys/kernel/random/boot_id"));
        foreach (ContainerRuntime candidate in candidates)
        {
            var file = new FileInfo(candidate.Program);
            text.Append(candidate).Append(' ').Append(file.Length).Append(' ').Append(file.LastWriteTimeUtc.Ticks).Append('\n');
        }

        foreach (string line in File.ReadLines("/proc/self/mountinfo").Where(line => line.Contains(" /sys/fs/cgroup", StringComparison.Ordinal)))
        {
            string[] fields = line.Split(' ');
            text.Append(fields[4]).Append(line.AsSpan(line.IndexOf(" - ", StringComparison.Ordinal))).Append('\n');
        }

        using var profile = new MemoryStream();
        using (var json = new Utf8JsonWriter(profile))
        {
            SeccompProfile.Write(json);
        }

        text.Append(Encoding.UTF8.GetString(profile.GetBuffer(), 0, (int)profile.Length));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
    }
}
