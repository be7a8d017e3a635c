using System.Globalization;

namespace Cairn.Snapshotter.Native;

/// <summary>Who holds the locks of a file, from /proc/locks.</summary>
internal static class LockHolders
{
    /// <summary>Ids of the processes that took a lock of the file and are seen from here; none if the kernel does not tell.</summary>
    /// <remarks>Source: proc_locks(5): "1: FLOCK ADVISORY READ 4711 fe:00:131090 0 EOF".</remarks>
    public static IReadOnlyList<int> Of(Trees.FileStatus status)
    {
        string file = string.Create(
            CultureInfo.InvariantCulture, $"{status.Device >> 32:x2}:{status.Device & uint.MaxValue:x2}:{status.Inode}");
        var holders = new SortedSet<int>();
        foreach (string line in File.ReadLines("/proc/locks"))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            // A waiting lock has "->" as its second word.
            if (words.Length > 5 && words[1] == "FLOCK" && words[5] == file && int.TryParse(words[4], out int process) && process > 0)
            {
                holders.Add(process);
            }
        }
        return [.. holders];
    }
}
