using System.Globalization;
using System.Text;

namespace Cairn.Snapshotter.Tars;

/// <summary>This part: maps of sparse files.</summary>
/// <remarks>Source: GNU tar manual, "Storing Sparse Files".</remarks>
internal sealed partial class TarReader
{
    private const int MaxSegments = 1 << 20;

    // Four segments in the header, then blocks with 21 each.
    private (IReadOnlyList<(long Offset, long Length)> Segments, long Size) ReadOldSparseMap()
    {
        var segments = new List<(long Offset, long Length)>();
        long size = Number(483..495);
        AddSegments(segments, 386, 4);
        bool more = _block[482] != 0;
        while (more && segments.Count < MaxSegments)
        {
            ReadBlock(mayEnd: false);
            AddSegments(segments, 0, 21);
            more = _block[504] != 0;
        }
        return (segments, size);
    }

    private void AddSegments(List<(long Offset, long Length)> segments, int start, int count)
    {
        for (int i = 0; i < count; i++)
        {
            int at = start + (24 * i);
            if (_block[at] == 0)
            {
                return;
            }
            segments.Add((Number(at..(at + 12)), Number((at + 12)..(at + 24))));
        }
    }

    /// <summary>Version 1.0: the map is at the start of the content, decimal numbers in lines, padded to a block.</summary>
    internal List<(long Offset, long Length)> ReadLeadingMap()
    {
        var text = new StringBuilder();
        long Line()
        {
            while (true)
            {
                string all = text.ToString();
                int end = all.IndexOf('\n', StringComparison.Ordinal);
                if (end >= 0)
                {
                    text.Remove(0, end + 1);
                    return long.TryParse(all[..end], NumberStyles.None, CultureInfo.InvariantCulture, out long value)
                        ? value : throw Damaged("the map of a sparse file is damaged");
                }
                byte[] block = new byte[TarFormat.BlockSize];
                ReadContent(block);
                text.Append(Encoding.ASCII.GetString(block));
            }
        }
        long count = Line();
        if (count > MaxSegments)
        {
            throw Damaged("the map of a sparse file is too long");
        }
        var segments = new List<(long Offset, long Length)>();
        for (long i = 0; i < count; i++)
        {
            segments.Add((Line(), Line()));
        }
        return segments;
    }
}
