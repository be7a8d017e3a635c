using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Protos.Fsutil;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Locals;
using Cairn.Solver.Ops;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Sources;

/// <summary>
/// Makes one layer of a directory that a client sends. Contents are asked for as the entries come, and written as they arrive; unchanged files
/// become links to those of the last sync, and if nothing has changed its layer is the result.
/// </summary>
/// <remarks>Source: session.md, sections 10 to 12. What the client sends is told by one thread at a time.</remarks>
internal sealed class SentSync : ISentFilesReceiver, IDisposable
{
    private readonly LocalSyncStore _store;
    private readonly string _root;
    private readonly LocalOrder _order;
    private readonly LocalBase? _last;
    private readonly Dictionary<string, LocalRecord> _before = new(StringComparer.Ordinal);
    private readonly bool _trustsNothing;
    private readonly MetadataList? _metadata;
    private readonly TransferReport _report;
    private readonly List<LocalRecord> _records = [];
    private readonly List<LocalEntry> _entries = [];      // what is made: everything, unless metadata is all that is wanted
    private readonly List<LocalEntry> _unchanged = [];    // files
    private readonly Dictionary<int, LocalEntry> _wanted = [];
    private readonly Dictionary<int, Stream> _open = [];
    private StagedLayer? _staged;
    private LocalLayer? _layer;
    private int _directories;   // entries up to here are made, as far as they are directories
    private bool _isChanged;

    private SentSync(OpContext context, string name, LocalSyncStore store, LocalBase? last, bool trustsNothing, MetadataList? metadata, IProgressItem progress)
    {
        _store = store;
        _root = context.Services.Store.Root;
        _order = new LocalOrder(name);
        _last = last;
        _trustsNothing = trustsNothing;
        _metadata = metadata;
        _report = new TransferReport(progress);
        foreach (LocalRecord record in last?.Records ?? [])
        {
            _before[record.Path] = record;
        }
    }

    /// <param name="context">Whose store and progress.</param>
    /// <param name="files">The client's directory.</param>
    /// <param name="source">What is wanted of it.</param>
    /// <param name="cancellationToken">Ends the transfer.</param>
    /// <returns>Null if the client does not offer the directory.</returns>
    /// <exception cref="BuildException">The client failed, or sends what cannot be.</exception>
    public static async Task<ImmutableRef?> RunAsync(OpContext context, ISentFiles files, LocalSourceInstance source, CancellationToken cancellationToken)
    {
        using IProgressItem progress = context.Progress.Begin($"transferring {source.Name}:", "", 0);
        string filter = LocalSyncStore.FilterKey(source.Filter, source.MetadataExceptions);
        var store = new LocalSyncStore(context, source.Name, source.SharedKey(files.SharedKey), filter);
        MetadataList? metadata = source.MetadataExceptions is { } exceptions ? new MetadataList(exceptions) : null;
        using LocalBase? found = store.Open();
        LocalBase? last = metadata is not null && found is { Row.IsSameFilter: false } ? null : found;   // it may lack what its list has
        using var sync = new SentSync(context, source.Name, store, last, source.TrustsNothing, metadata, progress);
        if (!await files.ReceiveAsync(source.Filter, sync, cancellationToken))
        {
            return null;
        }

        return await Task.Run(() => sync.Finish(cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public bool Take(int index, LocalEntry entry, Stat sent)
    {
        LocalEntry taken = WithoutMarks(entry);
        _order.Check(taken);
        if (_metadata is not null && taken.Path == MetadataList.FileName)
        {
            return false;
        }

        LocalRecord record = LocalRecord.Of(taken);
        _records.Add(record);
        bool isSame = _before.TryGetValue(taken.Path, out LocalRecord? before) && record.HasMetadataOf(before);
        _isChanged |= !isSame;
        if (_metadata is { } metadata)
        {
            IReadOnlyList<LocalEntry>? directories = metadata.Add(sent, taken);
            if (directories is null)
            {
                return false;
            }

            _entries.AddRange(directories);
        }

        _entries.Add(taken);
        if (!taken.Status.IsRegular || taken.LinkTarget is not null)
        {
            return false;
        }

        if (isSame && !_trustsNothing)
        {
            _unchanged.Add(taken);
            return false;
        }

        _isChanged = true;
        _wanted.Add(index, taken);
        MakeDirectories();
        return true;
    }

    /// <inheritdoc/>
    public void Write(int index, ReadOnlySpan<byte> octets)
    {
        Open(index).Write(octets);
        _report.Add(octets.Length);
    }

    /// <inheritdoc/>
    public void End(int index)
    {
        LocalEntry entry = _wanted[index];
        Open(index).Dispose();   // a file that could not be read any more is an empty one
        _open.Remove(index);
        _wanted.Remove(index);
        _layer!.FinishFile(entry, entry.Status.Mode, entry.Status.ModifiedNanoseconds);
    }

    public void Dispose()
    {
        foreach (Stream file in _open.Values)
        {
            file.Dispose();
        }

        _layer?.Dispose();
        _staged?.Dispose();
    }

    private ImmutableRef Finish(CancellationToken cancellationToken)
    {
        ImmutableRef result = !_isChanged && _last is not null && _last.Records.Count == _records.Count ? _last.Ref.Clone() : Make(cancellationToken);
        byte[] manifest = LocalManifest.Encode(_records);
        if (_last is not { Row.IsSameFilter: true } || result.Id != _last.Ref.Id)
        {
            _store.Save(result, manifest, _records);
        }

        _report.Finish();
        return result;
    }

    private ImmutableRef Make(CancellationToken cancellationToken)
    {
        LocalLayer layer = MakeDirectories();
        var options = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Math.Max(2, Environment.ProcessorCount) };
        Parallel.ForEach(_unchanged, options, entry => Keep(layer, entry));
        foreach (LocalEntry entry in _entries)
        {
            layer.WriteOther(entry);
        }

        if (_metadata is not null)
        {
            using Stream file = layer.CreateFile(MetadataList.FileName);
            _metadata.WriteTo(file);
        }

        if (_metadata is not null)
        {
            layer.FinishFile(MetadataList.Entry, MetadataList.Entry.Status.Mode, MetadataList.Entry.Status.ModifiedNanoseconds);
        }

        layer.SetDirectoryTimes(_entries, i => _entries[i].Status.ModifiedNanoseconds);
        StagedLayer staged = _staged!;
        ImmutableRef result = _store.Adopt(staged, _last);
        _staged = null;   // the store's now
        return result;
    }

    // What overlayfs keeps in attributes is about its own layers, never about files of a client.
    private static LocalEntry WithoutMarks(LocalEntry entry) => entry.Attributes.Count == 0
        ? entry
        : entry with
        {
            Attributes = entry.Attributes.Where(attribute => !IsMark(attribute.Key)).ToDictionary(StringComparer.Ordinal),
        };

    private static bool IsMark(string attribute) =>
        attribute.StartsWith("trusted.overlay.", StringComparison.Ordinal) || attribute.StartsWith("user.overlay.", StringComparison.Ordinal);

    private static void Keep(LocalLayer layer, LocalEntry entry)
    {
        if (layer.TryLink(entry.Path))
        {
            return;
        }

        using (Stream last = layer.OpenLast(entry.Path))
        using (Stream file = layer.CreateFile(entry.Path))
        {
            last.CopyTo(file);
        }

        layer.FinishFile(entry, entry.Status.Mode, entry.Status.ModifiedNanoseconds);
    }

    private Stream Open(int index)
    {
        if (!_open.TryGetValue(index, out Stream? file))
        {
            _open.Add(index, file = _layer!.CreateFile(_wanted[index].Path));
        }

        return file;
    }

    // Only once something has changed: a sync that changes nothing makes nothing.
    private LocalLayer MakeDirectories()
    {
        _staged ??= _store.Stage(_last);
        _layer ??= new LocalLayer(_root, _staged, _last?.Directory);
        for (; _directories < _entries.Count; _directories++)
        {
            if (_entries[_directories].Status.IsDirectory)
            {
                _layer.MakeDirectory(_entries[_directories]);
            }
        }

        return _layer;
    }
}
