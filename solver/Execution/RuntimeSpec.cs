using System.Globalization;
using System.Text.Json;
using Cairn.Protos.Pb;

namespace Cairn.Solver.Execution;

/// <summary>Writes the configuration that an OCI runtime reads.</summary>
/// <remarks>Source: OCI runtime-spec 1.0, config.md and config-linux.md. The same plan gives the same bytes.</remarks>
internal sealed partial class RuntimeSpec
{
    private const uint Umask = 0x12;   // 0022, whatever this process has

    private readonly Utf8JsonWriter _json;
    private readonly ContainerRuntime _runtime;
    private readonly ContainerPlan _plan;
    private readonly bool _insecure;

    private RuntimeSpec(Utf8JsonWriter json, ContainerRuntime runtime, ContainerPlan plan)
    {
        (_json, _runtime, _plan) = (json, runtime, plan);
        _insecure = plan.Request.Security == SecurityMode.Insecure;
    }

    /// <summary>Writes <c>config.json</c>.</summary>
    public static void Write(Stream file, ContainerRuntime runtime, ContainerPlan plan)
    {
        using var json = new Utf8JsonWriter(file);
        new RuntimeSpec(json, runtime, plan).Write();
    }

    /// <summary>Writes the document of one more process in a container.</summary>
    public static void WriteProcess(Stream file, ContainerRuntime runtime, ContainerPlan plan)
    {
        using var json = new Utf8JsonWriter(file);
        json.WriteStartObject();
        new RuntimeSpec(json, runtime, plan).WriteProcessFields(plan.Request);
        json.WriteEndObject();
    }

    private void Write()
    {
        _json.WriteStartObject();
        _json.WriteString("ociVersion", "1.0.2");
        WriteProcess();
        _json.WriteStartObject("root");
        _json.WriteString("path", _plan.Request.RootPath);
        _json.WriteBoolean("readonly", _plan.Request.IsReadOnlyRoot);
        _json.WriteEndObject();
        _json.WriteString("hostname", _plan.Hostname);
        WriteMounts();
        WriteLinux();
        if (!_insecure && _runtime.Filter is string filter)
        {
            _json.WriteStartObject("annotations");
            _json.WriteString("run.oci.seccomp_bpf_data", filter);
            _json.WriteEndObject();
        }

        _json.WriteEndObject();
    }

    private void WriteProcess()
    {
        ExecRequest request = _plan.Request;
        _json.WriteStartObject("process");
        WriteProcessFields(request);
        _json.WriteEndObject();
    }

    private void WriteProcessFields(ExecRequest request)
    {
        _json.WriteBoolean("terminal", request.Console is ConsoleUse.Terminal or ConsoleUse.LiveTerminal);
        _json.WriteStartObject("user");
        _json.WriteNumber("uid", _plan.User.Uid);
        _json.WriteNumber("gid", _plan.User.Gid);
        _json.WriteNumber("umask", Umask);
        _json.WriteStartArray("additionalGids");
        foreach (uint gid in _plan.User.AdditionalGids)
        {
            _json.WriteNumberValue(gid);
        }

        _json.WriteEndArray();
        _json.WriteEndObject();
        WriteStrings("args", request.Arguments);
        WriteStrings("env", request.Environment);
        _json.WriteString("cwd", request.WorkingDirectory);
        WriteCapabilities();
        WriteProcessLimits(request.Ulimits);
        _json.WriteBoolean("noNewPrivileges", false);
    }

    private void WriteCapabilities()
    {
        string[] given = [.. _insecure ? Capabilities.OfMask(OwnCapabilities()) : Capabilities.Sandbox(_runtime.Cgroups)];
        _json.WriteStartObject("capabilities");
        WriteStrings("bounding", given);
        WriteStrings("effective", given);
        WriteStrings("permitted", given);
        if (_insecure)
        {
            WriteStrings("inheritable", given);
        }

        _json.WriteEndObject();
    }

    private static ulong OwnCapabilities()
    {
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("CapEff:", StringComparison.Ordinal));
        return ulong.Parse(line.AsSpan("CapEff:".Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    private void WriteProcessLimits(IReadOnlyList<Ulimit> limits)
    {
        if (limits.Count == 0)
        {
            return;
        }

        _json.WriteStartArray("rlimits");
        foreach (Ulimit limit in limits)
        {
            _json.WriteStartObject();
            _json.WriteString("type", "RLIMIT_" + limit.Name.ToUpperInvariant());
            _json.WriteNumber("hard", unchecked((ulong)limit.Hard));
            _json.WriteNumber("soft", unchecked((ulong)limit.Soft));
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
    }

    private void WriteStrings(string name, IEnumerable<string> values)
    {
        _json.WriteStartArray(name);
        foreach (string value in values)
        {
            _json.WriteStringValue(value);
        }

        _json.WriteEndArray();
    }
}
