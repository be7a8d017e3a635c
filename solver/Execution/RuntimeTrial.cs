using System.Text.Json;

namespace Cairn.Solver.Execution;

/// <summary>Tries one runtime with a container made of this machine's own programs, mounted read-only.</summary>
internal sealed class RuntimeTrial
{
    private static readonly string[] Programs = ["/bin", "/lib", "/lib64", "/usr"];

    private readonly ContainerExecutorOptions _options;
    private readonly ContainerRuntime _runtime;
    private readonly string _id;
    private readonly string _bundle;
    private readonly string _state;

    /// <summary>Prepares names only.</summary>
    public RuntimeTrial(ContainerExecutorOptions options, ContainerRuntime runtime)
    {
        (_options, _runtime) = (options, runtime);
        _id = $"cairn-{options.InstanceId}-probe";
        _bundle = ContainerPaths.Bundle(options.RunDirectory, _id);
        _state = ContainerPaths.State(options.RunDirectory);
    }

    /// <summary>Runs <c>true</c>.</summary>
    /// <returns>Null if that worked, otherwise what the runtime printed.</returns>
    public async Task<string?> FailureAsync(CancellationToken cancellationToken)
    {
        WriteBundle(withFilter: false);
        try
        {
            (int code, string text) = await CallAsync(["run", "--bundle", _bundle, _id], cancellationToken);
            return code == 0 ? null : text.Length > 0 ? text : $"exit code {code}";
        }
        finally
        {
            await RemoveAsync();
        }
    }

    /// <summary>Has the runtime compile the system call filter once, so that it need not for each container.</summary>
    /// <returns>The program in base64; null where the runtime does not take one.</returns>
    public async Task<string?> CompileFilterAsync(CancellationToken cancellationToken)
    {
        if (_runtime.Name != RuntimeNames.Crun)
        {
            return null;
        }

        cancellationToken.ThrowIfCancellationRequested();
        WriteBundle(withFilter: true);
        using RuntimeProcess create = RuntimeProcess.Start(_runtime.Command(_state, ["create", "--bundle", _bundle, _id]), new CollectedOutput());
        try
        {
            int code = await create.ProgramExitAsync();   // the container, which waits to be started, holds the streams
            var filter = new FileInfo(Path.Combine(_state, _id, "seccomp.bpf"));
            return code == 0 && filter is { Exists: true, Length: > 0 } ? Convert.ToBase64String(await File.ReadAllBytesAsync(filter.FullName, cancellationToken)) : null;
        }
        finally
        {
            await RemoveAsync();
            await create.ExitAsync();
        }
    }

    private async Task<(int Code, string Text)> CallAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var output = new CollectedOutput();
        using RuntimeProcess process = RuntimeProcess.Start(_runtime.Command(_state, arguments), output);
        return (await process.ExitAsync(), output.ToString());
    }

    private async Task RemoveAsync()
    {
        if (Directory.Exists(Path.Combine(_state, _id)))
        {
            await CallAsync(["delete", "--force", _id], CancellationToken.None);
        }

        CgroupRemains.RemoveHidden(_id);
        Directory.Delete(_bundle, recursive: true);
    }

    private void WriteBundle(bool withFilter)
    {
        string root = Path.Combine(_bundle, "root");
        Directory.CreateDirectory(_state);
        Directory.CreateDirectory(root);
        using FileStream file = File.Create(Path.Combine(_bundle, "config.json"));
        using var json = new Utf8JsonWriter(file);
        json.WriteStartObject();
        json.WriteString("ociVersion", "1.0.2");
        json.WritePropertyName("process");
        json.WriteRawValue("""{"user":{"uid":0,"gid":0},"args":["/bin/true"],"cwd":"/","env":["PATH=/bin"]}""");
        json.WritePropertyName("root");
        json.WriteRawValue($$"""{"path":{{JsonSerializer.Serialize(root, RuntimeRecordJson.Default.String)}},"readonly":false}""");
        json.WriteStartArray("mounts");
        json.WriteRawValue("""{"destination":"/proc","type":"proc","source":"proc","options":[]}""");
        json.WriteRawValue("""{"destination":"/dev","type":"tmpfs","source":"tmpfs","options":["nosuid"]}""");
        json.WriteRawValue("""{"destination":"/sys","type":"sysfs","source":"sysfs","options":["ro"]}""");
        json.WriteRawValue("""{"destination":"/sys/fs/cgroup","type":"cgroup","source":"cgroup","options":["ro"]}""");
        foreach (string directory in Programs.Where(Directory.Exists))
        {
            json.WriteRawValue($$"""{"destination":"{{directory}}","type":"bind","source":"{{directory}}","options":["rbind","ro"]}""");
        }

        json.WriteEndArray();
        json.WriteStartObject("linux");
        if (_runtime.Cgroups)
        {
            json.WriteString("cgroupsPath", $"/{_id}");
            json.WritePropertyName("resources");
            json.WriteRawValue("""{"devices":[{"allow":false,"access":"rwm"}],"pids":{"limit":64}}""");
        }

        json.WritePropertyName("namespaces");
        json.WriteRawValue("""[{"type":"pid"},{"type":"ipc"},{"type":"uts"},{"type":"mount"}]""");
        if (withFilter)
        {
            json.WritePropertyName("seccomp");
            SeccompProfile.Write(json);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
