using System.Globalization;

namespace Cairn.Solver.Execution;

internal sealed partial class RuntimeSpec
{
    private void WriteMounts()
    {
        var explicitly = _plan.Mounts.Select(mount => mount.Destination).ToHashSet(StringComparer.Ordinal);
        string access = _insecure ? "rw" : "ro";
        _json.WriteStartArray("mounts");
        WriteDefault("/proc", "proc", "proc", ["nosuid", "noexec", "nodev"]);
        WriteDefault("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]);
        WriteDefault("/dev/pts", "devpts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]);
        WriteDefault("/dev/shm", "tmpfs", "shm", ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]);
        WriteDefault("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"]);
        WriteDefault("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", access]);
        WriteDefault("/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "relatime", access]);
        foreach (ExecMount mount in _plan.Mounts)
        {
            if (mount is BindMount bind)
            {
                WriteMount(bind.Destination, "bind", bind.Source, BindOptions(bind));
            }
            else if (mount is TmpfsMount tmpfs)
            {
                WriteMount(tmpfs.Destination, "tmpfs", "tmpfs", TmpfsOptions(tmpfs));
            }
        }

        _json.WriteEndArray();

        void WriteDefault(string destination, string type, string source, IReadOnlyList<string> options)
        {
            if (!explicitly.Contains(destination))
            {
                WriteMount(destination, type, source, options);
            }
        }
    }

    private static List<string> BindOptions(BindMount bind)
    {
        List<string> options = ["rbind", "rprivate"];
        if (bind.Inert)
        {
            options.AddRange(["nodev", "nosuid"]);
        }

        if (bind.NoExecute)
        {
            options.Add("noexec");
        }

        options.Add(bind.ReadOnly ? "ro" : "rw");
        return options;
    }

    private static List<string> TmpfsOptions(TmpfsMount tmpfs)
    {
        List<string> options = ["nosuid"];
        if (tmpfs.ReadOnly)
        {
            options.Add("ro");
        }

        if (tmpfs.SizeBytes > 0)
        {
            options.Add("size=" + tmpfs.SizeBytes.ToString(CultureInfo.InvariantCulture));
        }

        if (tmpfs.Destination == "/dev/shm")
        {
            options.Add("mode=1777");
        }

        return options;
    }

    private void WriteMount(string destination, string type, string source, IReadOnlyList<string> options)
    {
        _json.WriteStartObject();
        _json.WriteString("destination", destination);
        _json.WriteString("type", type);
        _json.WriteString("source", source);
        WriteStrings("options", options);
        _json.WriteEndObject();
    }
}
