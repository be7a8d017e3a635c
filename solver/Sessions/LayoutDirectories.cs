namespace Cairn.Solver.Sessions;

/// <summary>Image layouts in directories of this machine.</summary>
/// <param name="directories">Store name to directory.</param>
public sealed class LayoutDirectories(IReadOnlyDictionary<string, string> directories) : IOciLayouts
{
    /// <summary>No layouts.</summary>
    public static LayoutDirectories None { get; } = new(new Dictionary<string, string>());

    /// <inheritdoc/>
    public IOciLayout? Find(string store) => directories.TryGetValue(store, out string? directory) ? new LayoutDirectory(directory) : null;
}
