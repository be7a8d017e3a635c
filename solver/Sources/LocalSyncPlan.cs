using Cairn.Llb;
using Cairn.Snapshotter.Locals;
using Cairn.Snapshotter.Trees;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Sources;

/// <summary>The entries of a sync, and which of them the last sync has already. Entries may be asked about from several threads.</summary>
internal sealed class LocalSyncPlan : IDisposable
{
    private readonly ILocalFiles _files;
    private readonly LocalBase? _last;
    private readonly bool _trustsNothing;
    private readonly Dictionary<string, LocalRecord> _before = new(StringComparer.Ordinal);
    private readonly LocalRecord[] _records;   // each slot is written by the thread that has the entry
    private readonly RootedTree? _lastTree;
    private readonly RootedTree? _host;
    private volatile bool _corrected;

    public LocalSyncPlan(ILocalFiles files, IReadOnlyList<LocalEntry> entries, IReadOnlyList<LocalRecord> records, LocalBase? last, bool trustsNothing)
    {
        _files = files;
        _last = last;
        _trustsNothing = trustsNothing;
        _records = [.. records];
        Entries = entries;
        foreach (LocalRecord record in last?.Records ?? [])
        {
            _before[record.Path] = record;
        }

        _lastTree = last is null ? null : RootedTree.Open(last.Directory);
        _host = files.HostDirectory is { } directory ? RootedTree.Open(directory) : null;
    }

    public IReadOnlyList<LocalEntry> Entries { get; }

    /// <summary>Of the same order; corrected where a file was found changed while it was read.</summary>
    public IReadOnlyList<LocalRecord> Records => _records;

    public bool WasCorrected => _corrected;

    /// <summary>Directory of the last sync's layer; null if there is none.</summary>
    public string? LastDirectory => _last?.Directory;

    /// <summary>Whether the last sync has exactly these entries.</summary>
    public bool ChangesNothing(CancellationToken cancellationToken)
    {
        if (_last is null || _last.Records.Count != _records.Length)
        {
            return false;
        }

        for (int i = 0; i < _records.Length; i++)
        {
            if (!_records[i].HasMetadataOf(_last.Records[i]))
            {
                return false;
            }
        }

        for (int i = 0; i < _records.Length; i++)
        {
            if (_records[i].Kind == FileKind.Regular && !HasSameFile(i, cancellationToken))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether the last sync's file of this path can serve: same metadata, same bytes.</summary>
    public bool HasSameFile(int index, CancellationToken cancellationToken)
    {
        LocalRecord record = _records[index];
        if (!_before.TryGetValue(record.Path, out LocalRecord? before) || !record.HasMetadataOf(before))
        {
            return false;
        }

        if (record.LinkTarget.Length > 0)
        {
            return true;   // the file it is a link to is asked about itself
        }

        bool untouched = record == before && LocalAge.IsSettled(before, _last!.Row.BegunNanoseconds) && !_trustsNothing;
        return untouched || (_host is not null && HasSameBytes(record, cancellationToken));
    }

    /// <summary>Looks again at a file that was just read; tells what is there now if that is not what was read.</summary>
    public LocalRecord? Recheck(int index)
    {
        if (_host is null)
        {
            return null;
        }

        LocalRecord record = _records[index];
        FileStatus now = _host.Status("/" + record.Path, followLinks: false)
            ?? throw new BuildException(ErrorKind.Input, "read", record.Path, "it vanished while the directory was read");
        if (now.Size == record.Size && now.ModifiedNanoseconds == record.ModifiedNanoseconds
            && now.ChangedNanoseconds == record.ChangedNanoseconds && now.Inode == record.Inode)
        {
            return null;
        }

        if (!now.IsRegular)
        {
            throw new BuildException(ErrorKind.Input, "read", record.Path, "it became something else while the directory was read");
        }

        LocalRecord corrected = record with
        {
            Size = now.Size,
            Mode = now.Mode,
            ModifiedNanoseconds = now.ModifiedNanoseconds,
            ChangedNanoseconds = now.ChangedNanoseconds,
            Inode = now.Inode,
            Device = now.Device,
        };
        _records[index] = corrected;
        _corrected = true;
        return corrected;
    }

    public void Dispose()
    {
        _lastTree?.Dispose();
        _host?.Dispose();
    }

    private bool HasSameBytes(LocalRecord record, CancellationToken cancellationToken)
    {
        using Stream ours = _lastTree!.OpenRead("/" + record.Path);
        using Stream theirs = _files.Open(record.Path);
        byte[] a = new byte[64 * 1024];
        byte[] b = new byte[a.Length];
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int read = ours.ReadAtLeast(a, a.Length, throwOnEndOfStream: false);
            if (read != theirs.ReadAtLeast(b, b.Length, throwOnEndOfStream: false) || !a.AsSpan(0, read).SequenceEqual(b.AsSpan(0, read)))
            {
                return false;
            }

            if (read < a.Length)
            {
                return true;
            }
        }
    }
}
