using Cairn.Llb;
using Cairn.Llb.Matching;
using Cairn.Protos.Fsutil;
using Cairn.Snapshotter.Locals;
using Cairn.Snapshotter.Trees;
using Google.Protobuf;
using System.Buffers;
using System.Buffers.Binary;

namespace Cairn.Solver.Sources;

/// <summary>The entries of a transfer of metadata only, and which of them are made all the same.</summary>
/// <remarks>Source: session.md, section 11.</remarks>
/// <param name="exceptions">Patterns of what is made.</param>
internal sealed class MetadataList(IReadOnlyList<string> exceptions)
{
    /// <summary>Where the list lies, in the root.</summary>
    public const string FileName = ".fsutil-metadata";

    private const uint FileMode = 0x1a4;   // 0644

    private readonly PatternMatcher _exceptions = new(exceptions);
    private readonly ArrayBufferWriter<byte> _list = new();
    private readonly List<(LocalEntry Entry, bool IsMade)> _above = [];   // directories above the current entry
    private readonly HashSet<string> _files = new(StringComparer.Ordinal);   // that are made, and may be linked to

    /// <summary>The list as an entry: the same for equal lists, so its time is always the same.</summary>
    public static LocalEntry Entry { get; } =
        new(FileName, new FileStatus(FileKind.Regular, FileMode, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0), null, new Dictionary<string, byte[]>());

    /// <summary>Adds an entry to the list.</summary>
    /// <param name="stat">As it came.</param>
    /// <param name="entry">The same, read.</param>
    /// <returns>Null if it is not made; else the directories above it that are to be made before it.</returns>
    /// <exception cref="BuildException">Input: it is to be made, and is a link to a file that is not.</exception>
    public IReadOnlyList<LocalEntry>? Add(Stat stat, LocalEntry entry)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_list.GetSpan(sizeof(int)), stat.CalculateSize());
        _list.Advance(sizeof(int));
        stat.WriteTo(_list);
        while (_above.Count > 0 && !entry.Path.StartsWith(_above[^1].Entry.Path + "/", StringComparison.Ordinal))
        {
            _above.RemoveAt(_above.Count - 1);
        }

        bool isMade = !_exceptions.IsEmpty && _exceptions.IsMatch(entry.Path);
        List<LocalEntry> directories = [];
        for (int i = 0; isMade && i < _above.Count; i++)
        {
            if (!_above[i].IsMade)
            {
                directories.Add(_above[i].Entry);
                _above[i] = (_above[i].Entry, true);
            }
        }

        if (entry.Status.IsDirectory)
        {
            _above.Add((entry, isMade));
        }
        else if (isMade && entry.Status.IsRegular)
        {
            if (entry.LinkTarget is { } target && !_files.Contains(target))
            {
                throw new BuildException(
                    ErrorKind.Input, "receive local source", entry.Path, $"it is a hard link to {target}, of which only the metadata is transferred",
                    "Have the other name transferred as well.");
            }

            _files.Add(entry.Path);
        }

        return isMade ? directories : null;
    }

    public void WriteTo(Stream file) => file.Write(_list.WrittenSpan);
}
