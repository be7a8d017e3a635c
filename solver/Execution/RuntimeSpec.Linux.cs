using Cairn.Protos.Pb;

namespace Cairn.Solver.Execution;

internal sealed partial class RuntimeSpec
{
    // Device files that every container has, and pseudo terminals.
    private static readonly (int Major, int Minor)[] OrdinaryDevices = [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 1), (5, 2), (136, -1)];

    private static readonly string[] InsecureDevices =
        ["/dev/kmsg", "/dev/cuse", "/dev/fuse", "/dev/kvm", "/dev/net/tun", "/dev/loop-control", .. Enumerable.Range(0, 8).Select(n => $"/dev/loop{n}")];

    private void WriteLinux()
    {
        _json.WriteStartObject("linux");
        if (_runtime.Cgroups)
        {
            _json.WriteString("cgroupsPath", CgroupPath());
            WriteResources();
        }

        WriteNamespaces();
        if (_insecure)
        {
            WriteDevices();
        }
        else
        {
            WriteStrings("maskedPaths", RuntimePaths.Masked);
            WriteStrings("readonlyPaths", RuntimePaths.ReadOnly);
            if (_runtime.Filter is null)
            {
                _json.WritePropertyName("seccomp");
                SeccompProfile.Write(_json);
            }
        }

        _json.WriteEndObject();
    }

    private string CgroupPath()
    {
        string parent = _plan.Request.CgroupParent;
        return ContainerPaths.IsSlice(parent) ? parent + _plan.Id : $"/{parent.Trim('/')}/{_plan.Id}".Replace("//", "/", StringComparison.Ordinal);
    }

    private void WriteNamespaces()
    {
        List<string> own = ["pid", "ipc", "uts", "mount"];
        if (_plan.Request.Network == NetMode.None)
        {
            own.Add("network");
        }

        if (File.Exists("/sys/fs/cgroup/cgroup.controllers"))
        {
            own.Add("cgroup");
        }

        _json.WriteStartArray("namespaces");
        foreach (string type in own)
        {
            _json.WriteStartObject();
            _json.WriteString("type", type);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
    }

    private void WriteResources()
    {
        _json.WriteStartObject("resources");
        _json.WriteStartArray("devices");
        if (_insecure)
        {
            WriteDeviceRule(true, null, null, "rwm");
        }
        else
        {
            WriteDeviceRule(false, null, null, "rwm");
            WriteDeviceRule(true, "c", null, "m");
            WriteDeviceRule(true, "b", null, "m");
            foreach ((int Major, int Minor) device in OrdinaryDevices)
            {
                WriteDeviceRule(true, "c", device, "rwm");
            }
        }

        _json.WriteEndArray();
        if (_plan.Request.Resources is LinuxResources limits)
        {
            WriteLimits(limits);
        }

        if (_plan.Request.MostProcesses is long most)
        {
            _json.WriteStartObject("pids");
            _json.WriteNumber("limit", most);
            _json.WriteEndObject();
        }

        _json.WriteEndObject();
    }

    private void WriteDeviceRule(bool allow, string? type, (int Major, int Minor)? device, string access)
    {
        _json.WriteStartObject();
        _json.WriteBoolean("allow", allow);
        if (type is not null)
        {
            _json.WriteString("type", type);
        }

        if (device is (int major, int minor))
        {
            _json.WriteNumber("major", major);
            if (minor >= 0)
            {
                _json.WriteNumber("minor", minor);
            }
        }

        _json.WriteString("access", access);
        _json.WriteEndObject();
    }

    private void WriteLimits(LinuxResources limits)
    {
        if (limits.Memory > 0 || limits.MemorySwap != 0)
        {
            _json.WriteStartObject("memory");
            WriteNumber("limit", limits.Memory);
            WriteNumber("swap", limits.MemorySwap);
            _json.WriteEndObject();
        }

        if (limits.CpuShares > 0 || limits.CpuQuota != 0 || limits.CpuPeriod > 0 || limits.CpusetCpus.Length > 0 || limits.CpusetMems.Length > 0)
        {
            _json.WriteStartObject("cpu");
            WriteNumber("shares", (long)limits.CpuShares);
            WriteNumber("quota", limits.CpuQuota);
            WriteNumber("period", (long)limits.CpuPeriod);
            WriteText("cpus", limits.CpusetCpus);
            WriteText("mems", limits.CpusetMems);
            _json.WriteEndObject();
        }
    }

    private void WriteNumber(string name, long value)
    {
        if (value != 0)
        {
            _json.WriteNumber(name, value);
        }
    }

    private void WriteText(string name, string value)
    {
        if (value.Length > 0)
        {
            _json.WriteString(name, value);
        }
    }

    /// <summary>Device files of this machine that an insecure step finds in its /dev, with this machine's numbers.</summary>
    private void WriteDevices()
    {
        _json.WriteStartArray("devices");
        foreach (DeviceFile device in DeviceFile.Present(InsecureDevices))
        {
            _json.WriteStartObject();
            _json.WriteString("path", device.Path);
            _json.WriteString("type", device.IsBlock ? "b" : "c");
            _json.WriteNumber("major", device.Major);
            _json.WriteNumber("minor", device.Minor);
            _json.WriteNumber("fileMode", device.Mode);
            _json.WriteNumber("uid", 0);
            _json.WriteNumber("gid", 0);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
    }
}
