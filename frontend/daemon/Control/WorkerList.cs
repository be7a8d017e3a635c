using System.Security.Cryptography;
using Cairn.Daemon.Configuration;
using Cairn.Llb;
using Cairn.Protos.Control;
using Cairn.Protos.Workers;
using Cairn.Solver;

namespace Cairn.Daemon.Control;

/// <summary>What clients are told of the one worker, and of the version whose protocol is spoken.</summary>
/// <remarks>Source: control-and-status.md, section 18.</remarks>
internal sealed class WorkerList
{
    private const string LabelPrefix = "org.mobyproject.buildkit.worker.";
    private const int IdBytes = 16;
    private const long NanosecondsPerTick = 100;

    private WorkerRecord _record;   // replaced as a whole

    public WorkerList(DaemonSettings settings, BuildSolver solver)
    {
        _record = new WorkerRecord { ID = ReadId(settings.Root), BuildkitVersion = Version };
        _record.Platforms.Add(settings.WorkerPlatforms.Count > 0
            ? settings.WorkerPlatforms.Select(static text => Platform.Parse(text).ToMessage())
            : [Platform.Default.ToMessage()]);
        Label("executor", "oci");
        Label("snapshotter", solver.Driver == "overlay" ? "overlayfs" : solver.Driver);
        Label("hostname", Environment.MachineName);
        Label("network", "host");
        Label("oci.process-mode", "sandbox");
        Label("selinux.enabled", "false");
        _record.Labels.Add(settings.WorkerLabels.ToDictionary());
        Tell(settings.GcRules);
    }

    /// <summary>Clients choose by it what they may ask for.</summary>
    public static BuildkitVersion Version => new()
    {
        Package = "github.com/moby/buildkit",
        Version = "v0.32.2",
        Revision = "cairn",
        DockerfileVersion = "1.26.0",
    };

    /// <summary>The worker.</summary>
    public WorkerRecord Record => _record;

    /// <summary>The workers that a filter matches.</summary>
    public ListWorkersResponse List(ListWorkersRequest request)
    {
        var alternatives = request.Filter.Where(static text => text.Length > 0).Select(static text => FieldFilter.Split(text)
            .Select(part => FieldFilter.TryParse(part) ?? throw new BuildException(ErrorKind.Input, "parse worker filters", text, $"\"{part}\" is no condition"))
            .ToList()).ToList();
        var response = new ListWorkersResponse();
        if (alternatives.Count == 0 || alternatives.Exists(conditions => conditions.TrueForAll(c => c.Holds(ValueOf(c.Field)))))
        {
            response.Record.Add(_record);
        }

        return response;
    }

    /// <summary>The rules of the cache, as they are from now on.</summary>
    public void Tell(IReadOnlyList<GcRule> rules)
    {
        WorkerRecord record = _record.Clone();
        record.GCPolicy.Clear();
        record.GCPolicy.Add(rules.Select(static rule =>
        {
            var policy = new GCPolicy
            {
                All = rule.All,
                KeepDuration = rule.KeepDuration.Ticks * NanosecondsPerTick,
                ReservedSpace = rule.ReservedSpace,
                MaxUsedSpace = rule.MaxUsedSpace,
                MinFreeSpace = rule.MinFreeSpace,
            };
            policy.Filters.Add(rule.Filters);
            return policy;
        }));
        _record = record;
    }

    private string? ValueOf(string field) => field == "id" ? _record.ID
        : field.StartsWith("labels.", StringComparison.Ordinal) ? _record.Labels.GetValueOrDefault(field["labels.".Length..].Trim('"'))
        : null;

    private void Label(string name, string value) => _record.Labels[LabelPrefix + name] = value;

    // Made once, so that clients know the store again after a restart.
    private static string ReadId(string root)
    {
        string path = Path.Combine(root, "workerid");
        if (File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } known)
        {
            return known;
        }

        string id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));
        File.WriteAllText(path, id);
        return id;
    }
}
