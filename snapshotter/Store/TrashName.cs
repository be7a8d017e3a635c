using System.Globalization;

namespace Cairn.Snapshotter.Store;

/// <summary>
/// Name of an entry in the trash: whose it is, a number, and for what had a row where it came from:
/// <c>INSTANCE-N</c> or <c>INSTANCE-N+layers+12</c>.
/// </summary>
/// <param name="Instance">Instance that deletes it.</param>
/// <param name="Number">Unique in the instance.</param>
/// <param name="Origin">The entry it was; null if no row ever named it.</param>
internal sealed record TrashName(string Instance, long Number, StoreFile? Origin)
{
    private const char Separator = '+';

    /// <summary>The entry that a path below the store's root is; null for a path elsewhere, or one that no name can hold.</summary>
    public static StoreFile? OriginOf(string root, string path)
    {
        if (!path.StartsWith(root + "/", StringComparison.Ordinal) || path.Contains(Separator, StringComparison.Ordinal))
        {
            return null;
        }
        string relative = path[(root.Length + 1)..];
        int slash = relative.LastIndexOf('/');
        return slash > 0 && relative.Length < 200 ? new StoreFile(relative[..slash], relative[(slash + 1)..]) : null;
    }

    public static TrashName? TryParse(string name)
    {
        string[] parts = name.Split(Separator);
        int dash = parts[0].IndexOf('-', StringComparison.Ordinal);
        if (dash <= 0 || parts.Length == 2
            || !long.TryParse(parts[0].AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long number))
        {
            return null;
        }
        return new TrashName(
            parts[0][..dash], number, parts.Length == 1 ? null : new StoreFile(string.Join('/', parts[1..^1]), parts[^1]));
    }

    public override string ToString()
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{Instance}-{Number}");
        return Origin is { } origin ? name + Separator + origin.Area.Replace('/', Separator) + Separator + origin.Name : name;
    }
}
