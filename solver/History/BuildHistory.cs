using Cairn.Cache.Checksums;
using Cairn.Cache.Collection;
using Cairn.Llb;
using Cairn.Llb.Graphs;
using Cairn.Solver.Explain;
using Definition = Cairn.Protos.Pb.Definition;

namespace Cairn.Solver.History;

/// <summary>The door to the records of builds.</summary>
public sealed class BuildHistory
{
    private readonly HistoryStore _store;
    private readonly Collector _collector;

    internal BuildHistory(HistoryStore store, Collector collector)
    {
        _store = store;
        _collector = collector;
    }

    /// <summary>All builds, the newest first.</summary>
    public IReadOnlyList<BuildSummary> List() => _store.List();

    /// <summary>The build that a person means.</summary>
    /// <param name="text">An id, the beginning of one, or <c>^N</c> for the Nth before the newest; null or empty is the newest.</param>
    /// <exception cref="BuildException">Input: there is none, or there are several.</exception>
    public BuildSummary Find(string? text)
    {
        IReadOnlyList<BuildSummary> all = List();
        string wanted = string.IsNullOrEmpty(text) ? "^0" : text;
        if (wanted[0] == '^')
        {
            return int.TryParse(wanted.AsSpan(1), out int index) && index >= 0 && index < all.Count
                ? all[index]
                : throw Unknown(wanted, all.Count == 0 ? "no build is recorded in this store" : $"{all.Count} builds are recorded, the newest is ^0");
        }

        BuildSummary[] found = [.. all.Where(build => build.Id.Value.StartsWith(wanted, StringComparison.Ordinal))];
        return found.Length switch
        {
            1 => found[0],
            0 => throw Unknown(wanted, "no build of that id is recorded in this store"),
            _ => throw Unknown(wanted, $"{found.Length} builds begin so: {string.Join(", ", found.Take(4).Select(static build => build.Id))}"),
        };
    }

    /// <summary>
    /// The record of a build; of one that runs or was interrupted, what was known some seconds ago, or before. Null for one that ended at once, or whose
    /// record is damaged.
    /// </summary>
    public BuildRecord? TryLoad(BuildId id) => _store.Files.TryRead(id);

    /// <summary>The definitions that a build loaded, in that order.</summary>
    public IReadOnlyList<Definition> Definitions(BuildId id) => _store.Files.ReadDefinitions(id);

    /// <summary>What the steps of a build printed, in the order in which it came; for a build that runs, so far.</summary>
    public IEnumerable<LogEntry> Logs(BuildId id) => LogReader.Read(_store.Files.Log(id));

    /// <summary>Why steps of a build were carried out.</summary>
    /// <param name="record">The build.</param>
    /// <param name="steps">Steps of it.</param>
    public IReadOnlyList<Explanation> Explain(BuildRecord record, IEnumerable<StepRecord> steps)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(steps);
        var explainer = new Explainer(this, _collector, record);
        return [.. steps.Select(explainer.Explain)];
    }

    /// <summary>Where a step was written, with the whole source file; null if nobody said.</summary>
    public SourceLocation? SourceOf(BuildId id, Digest step) => Definitions(id)
        .SelectMany(static definition => LlbGraph.Load(definition).Vertices)
        .FirstOrDefault(vertex => vertex.Digest == step)?.Sources is [{ } first, ..] ? first : null;

    /// <summary>The files that a content digest of a recipe stands for, in path order; null if that is not kept.</summary>
    public IReadOnlyList<ContentFile>? FilesOf(Digest content) => _store.Files.TryReadFileList(content.ToString());

    /// <summary>Bytes of all records, logs and file lists.</summary>
    public long TotalBytes() => _store.SharedBytes() + List().Sum(static build => build.Bytes);

    /// <summary>Removes records of builds that do not run.</summary>
    /// <exception cref="BuildException">Input: one of them runs.</exception>
    public void Remove(IReadOnlyList<BuildSummary> builds)
    {
        ArgumentNullException.ThrowIfNull(builds);
        if (builds.FirstOrDefault(static build => build.Status == BuildStatus.Running) is { } running)
        {
            throw new BuildException(ErrorKind.Input, "remove build", running.Id.Value, "it is running");
        }

        _store.Remove([.. builds.Select(static build => build.Id)]);
    }

    /// <summary>Removes what exceeds the limits of age, count and bytes; this also happens after each build.</summary>
    /// <returns>The builds that went.</returns>
    public IReadOnlyList<BuildSummary> Retain() => _store.Retain();

    /// <summary>The limits, as they are now; a change counts from the next removal on.</summary>
    public HistoryOptions Limits
    {
        get => _store.Options;
        set => _store.Options = value;
    }

    /// <summary>Says whether the limits spare a build.</summary>
    /// <returns>False if it is not recorded.</returns>
    public bool Pin(BuildId id, bool isPinned) => _store.Pin(id, isPinned);

    /// <summary>Keeps a file with a build, as long as its record is kept; in place of one of that name.</summary>
    /// <param name="id">A build that is recorded.</param>
    /// <param name="name">Without directory.</param>
    /// <param name="write">Writes the file.</param>
    /// <exception cref="IOException">The build is not recorded, or the file cannot be written.</exception>
    public void Attach(BuildId id, string name, Action<Stream> write) => _store.Files.Attach(id, name, write);

    /// <summary>A file that is kept with a build, from its beginning; null if there is none of that name.</summary>
    public Stream? TryOpenAttachment(BuildId id, string name) => _store.Files.TryOpenAttachment(id, name);

    /// <summary>Writes a build as an archive that stands on its own; see <see cref="HistoryArchive"/>.</summary>
    /// <param name="build">The build.</param>
    /// <param name="archive">Takes a tar; stays open.</param>
    /// <param name="cancellationToken">Stops between files.</param>
    public Task ExportAsync(BuildSummary build, Stream archive, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(build);
        ArgumentNullException.ThrowIfNull(archive);
        return HistoryArchive.WriteAsync(this, build, archive, cancellationToken);
    }

    private static BuildException Unknown(string text, string reason) =>
        new(ErrorKind.Input, "find build", text, reason, "See 'cairn history ls'.");
}
