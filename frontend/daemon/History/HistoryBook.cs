using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Threading.Channels;
using Cairn.Daemon.Content;
using Cairn.Daemon.Control;
using Cairn.Daemon.Telemetry;
using Cairn.Llb;
using Cairn.Protos.Control;
using Cairn.Rpc.Calls;
using Cairn.Solver;
using Cairn.Solver.History;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace Cairn.Daemon.History;

/// <summary>The builds of the store as clients see them: records with blobs, and events as builds begin, end and go.</summary>
/// <remarks>Source: control-and-status.md, section 20. Safe for several threads.</remarks>
internal sealed class HistoryBook(BuildSolver solver, LiveBuilds builds, ILogger logger) : IBlobShelf, IDisposable
{
    private const string RecordName = "control";
    private const string StatusName = "status";
    private const string ErrorName = "error";
    private const string StatusType = "application/vnd.buildkit.status.v0";
    private const string ErrorType = "application/vnd.googeapis.google.rpc.status+proto";   // spelled as clients know it

    private readonly ConcurrentDictionary<BuildId, BuildHistoryRecord> _records = [];   // read once; records change by UpdateAsync only
    private readonly ConcurrentDictionary<Digest, (BuildId Build, string Name, long Size)> _blobs = [];
    private readonly Lock _lock = new();
    private readonly HashSet<Channel<BuildHistoryEvent>> _listeners = [];   // guarded by _lock
    private bool _isClosed;   // guarded by _lock

    /// <summary>A build begins.</summary>
    public void Begin(LiveBuild build)
    {
        if (!build.Request.Internal)
        {
            Publish(new BuildHistoryEvent { Type = BuildHistoryEventType.Started, Record = HistoryRecords.Begun(build) });
        }
    }

    /// <summary>A build has ended: its record is kept and told before the client has its answer. Does not throw.</summary>
    public async Task EndAsync(LiveBuild build, BuildResult? result, Exception? error, StepCounts counts)
    {
        if (build.Request.Internal)
        {
            return;
        }

        BuildHistoryRecord record = HistoryRecords.Ended(build, result, error);
        counts.WriteTo(record);
        try
        {
            await solver.RecordedAsync(build.HistoryId, CancellationToken.None);
            record.Logs = await KeepLogsAsync(build);
            if (error is not null)
            {
                byte[] status = Failures.Describe(error).ToMessage().ToByteArray();
                record.ExternalError = Keep(build.HistoryId, ErrorName, ErrorType, status);
            }

            Keep(build.HistoryId, record);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or BuildException)
        {
            logger.HistoryNotKept(build.Id, e);
        }

        Publish(new BuildHistoryEvent { Type = BuildHistoryEventType.Complete, Record = record });
        TellWhatWent();
    }

    /// <summary>The news of a build that has ended, from the beginning; null if it is not recorded.</summary>
    public IEnumerable<StatusResponse>? TryReadStatus(string reference) =>
        Find(reference) is { } summary ? ReadStatus(summary.Id) : null;

    /// <summary>Sends builds that run, builds that have ended, and then what happens, as the request asks.</summary>
    /// <exception cref="BuildException">Input: a filter or the limit makes no sense.</exception>
    public async Task ListenAsync(BuildHistoryRequest request, MessageSink<BuildHistoryEvent> responses, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (request.Limit < 0)
        {
            throw new BuildException(ErrorKind.Input, "", "", $"invalid limit {request.Limit}");
        }

        HistoryFilter filter = HistoryFilter.Parse(request.Filter, clock.GetUtcNow());
        var events = Channel.CreateUnbounded<BuildHistoryEvent>();
        lock (_lock)
        {
            if (!_isClosed)
            {
                _listeners.Add(events);
            }
        }

        try
        {
            foreach (LiveBuild build in builds.Active.Where(build => !build.Request.Internal && (request.Ref.Length == 0 || build.Id == request.Ref)))
            {
                await responses.WriteAsync(
                    new BuildHistoryEvent { Type = BuildHistoryEventType.Started, Record = HistoryRecords.Begun(build) }, cancellationToken);
            }

            if (!request.ActiveOnly)
            {
                foreach (BuildHistoryRecord record in Select(request, filter))
                {
                    await responses.WriteAsync(new BuildHistoryEvent { Type = BuildHistoryEventType.Complete, Record = record }, cancellationToken);
                }
            }

            if (request.EarlyExit)
            {
                return;
            }

            await foreach (BuildHistoryEvent one in events.Reader.ReadAllAsync(cancellationToken))
            {
                if (request.Ref.Length == 0 || one.Record.Ref == request.Ref)
                {
                    await responses.WriteAsync(one, cancellationToken);
                }
            }
        }
        finally
        {
            lock (_lock)
            {
                _listeners.Remove(events);
            }
        }
    }

    /// <summary>Pins or removes a build.</summary>
    public void Update(UpdateBuildHistoryRequest request)
    {
        BuildSummary? summary = Find(request.Ref);
        if (request.Delete)
        {
            if (summary is not null)
            {
                solver.History.Remove([summary]);
                TellWhatWent();
            }

            return;
        }

        if (request.Finalize)
        {
            return;   // nothing comes after a record was written
        }

        if (summary is null || !solver.History.Pin(summary.Id, request.Pinned))
        {
            throw new BuildException(ErrorKind.Input, "", "", $"failed to retrieve ref {request.Ref}: file does not exist");
        }

        BuildHistoryRecord record = Record(summary).Clone();
        record.Pinned = request.Pinned;
        record.Generation++;
        _records[summary.Id] = record;
        Keep(summary.Id, record);
        Publish(new BuildHistoryEvent { Type = BuildHistoryEventType.Complete, Record = record });
    }

    /// <inheritdoc/>
    public long? TrySize(Digest digest)
    {
        LoadAll();
        return _blobs.TryGetValue(digest, out (BuildId, string, long Size) blob) ? blob.Size : null;
    }

    /// <inheritdoc/>
    public Stream? TryOpen(Digest digest)
    {
        LoadAll();
        return _blobs.TryGetValue(digest, out (BuildId Build, string Name, long) blob)
            ? solver.History.TryOpenAttachment(blob.Build, blob.Name)
            : null;
    }

    /// <inheritdoc/>
    public IReadOnlyList<(Digest Digest, long Size)> Blobs()
    {
        LoadAll();
        return [.. _blobs.Select(static pair => (pair.Key, pair.Value.Size))];
    }

    /// <summary>Ends all who listen: no build is active any more.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isClosed = true;
            foreach (Channel<BuildHistoryEvent> listener in _listeners)
            {
                listener.Writer.TryComplete();
            }
        }
    }

    private IEnumerable<BuildHistoryRecord> Select(BuildHistoryRequest request, HistoryFilter filter)
    {
        IEnumerable<BuildHistoryRecord> records = Ended()
            .Where(summary => request.Ref.Length == 0 || NameOf(summary) == request.Ref)
            .Select(Record)
            .Where(filter.Matches);
        return request.Limit > 0
            ? records.OrderByDescending(static record => record.CreatedAt.ToDateTimeOffset()).Take(request.Limit)
            : records.OrderBy(static record => record.Ref, StringComparer.Ordinal);
    }

    // Those that run in this process are told as such.
    private IEnumerable<BuildSummary> Ended() => solver.History.List().Where(static summary => summary.Status != BuildStatus.Running);

    private BuildSummary? Find(string reference) => Ended().FirstOrDefault(summary => NameOf(summary) == reference);

    private static string NameOf(BuildSummary summary) => summary.Ref.Length > 0 ? summary.Ref : summary.Id.Value;

    private BuildHistoryRecord Record(BuildSummary summary) => _records.GetOrAdd(summary.Id, id =>
    {
        BuildHistoryRecord record = Load(id) ?? HistoryRecords.Of(NameOf(summary), summary, solver.History.TryLoad(id));
        record.Pinned = summary.IsPinned;
        if (record.Logs is { } logs)
        {
            Know(logs, id, StatusName);
        }

        if (record.ExternalError is { } error)
        {
            Know(error, id, ErrorName);
        }

        return record;
    });

    private void LoadAll()
    {
        foreach (BuildSummary summary in Ended())
        {
            Record(summary);
        }
    }

    private BuildHistoryRecord? Load(BuildId id)
    {
        using Stream? stream = solver.History.TryOpenAttachment(id, RecordName);
        try
        {
            return stream is null ? null : BuildHistoryRecord.Parser.ParseFrom(stream);
        }
        catch (InvalidProtocolBufferException e)
        {
            logger.HistoryDamaged(id.Value, e);
            return null;
        }
    }

    private IEnumerable<StatusResponse> ReadStatus(BuildId id)
    {
        using Stream? stream = solver.History.TryOpenAttachment(id, StatusName);
        byte[] head = new byte[sizeof(uint)];
        while (stream is not null && stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length)
        {
            byte[] body = new byte[BinaryPrimitives.ReadUInt32LittleEndian(head)];
            stream.ReadExactly(body);
            yield return StatusResponse.Parser.ParseFrom(body);
        }
    }

    // What clients were told, in messages with their lengths before them.
    private async Task<OciDescriptor> KeepLogsAsync(LiveBuild build)
    {
        using var file = new MemoryStream();
        byte[] head = new byte[sizeof(uint)];
        await foreach (StatusResponse message in build.Feed.ReadAsync(CancellationToken.None))
        {
            BinaryPrimitives.WriteUInt32LittleEndian(head, (uint)message.CalculateSize());
            file.Write(head);
            message.WriteTo(file);
        }

        return Keep(build.HistoryId, StatusName, StatusType, file.GetBuffer().AsMemory(0, (int)file.Length));
    }

    private OciDescriptor Keep(BuildId build, string name, string mediaType, ReadOnlyMemory<byte> content)
    {
        solver.History.Attach(build, name, stream => stream.Write(content.Span));
        var descriptor = new OciDescriptor { MediaType = mediaType, Digest = Digest.Sha256(content.Span).ToString(), Size = content.Length };
        Know(descriptor, build, name);
        return descriptor;
    }

    private void Keep(BuildId build, BuildHistoryRecord record)
    {
        _records[build] = record;
        solver.History.Attach(build, RecordName, stream => stream.Write(record.ToByteArray()));
    }

    private void Know(OciDescriptor blob, BuildId build, string name)
    {
        if (Digest.TryParse(blob.Digest, out Digest digest))
        {
            _blobs[digest] = (build, name, blob.Size);
        }
    }

    // Removed by a client, by the command line, or by the limits.
    private void TellWhatWent()
    {
        HashSet<BuildId> there = [.. solver.History.List().Select(static summary => summary.Id)];
        foreach ((BuildId id, BuildHistoryRecord record) in _records)
        {
            if (!there.Contains(id) && _records.TryRemove(id, out _))
            {
                foreach ((Digest digest, (BuildId build, _, _)) in _blobs)
                {
                    if (build == id)
                    {
                        _blobs.TryRemove(digest, out _);
                    }
                }

                Publish(new BuildHistoryEvent { Type = BuildHistoryEventType.Deleted, Record = new BuildHistoryRecord { Ref = record.Ref } });
            }
        }
    }

    private void Publish(BuildHistoryEvent news)
    {
        lock (_lock)
        {
            foreach (Channel<BuildHistoryEvent> listener in _listeners)
            {
                listener.Writer.TryWrite(news);
            }
        }
    }
}
