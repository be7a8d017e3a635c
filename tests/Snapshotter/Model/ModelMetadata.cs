using System.Collections.Immutable;

namespace Cairn.Snapshotter.Tests.Model;

/// <summary>Everything about a file but its kind and content.</summary>
/// <param name="Mode">Permission bits.</param>
/// <param name="Uid">Owner.</param>
/// <param name="Gid">Group.</param>
/// <param name="ModifiedNanoseconds">Time of the last change.</param>
/// <param name="Attributes">Extended attributes: hexadecimal values by name.</param>
public sealed record ModelMetadata(uint Mode, uint Uid, uint Gid, long ModifiedNanoseconds, ImmutableSortedDictionary<string, string> Attributes)
{
    public static ModelMetadata Of(uint mode, long seconds) => new(mode, 0, 0, seconds * 1_000_000_000, NoAttributes);

    public static ImmutableSortedDictionary<string, string> NoAttributes { get; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    public bool Equals(ModelMetadata? other) =>
        other is not null && (Mode, Uid, Gid, ModifiedNanoseconds) == (other.Mode, other.Uid, other.Gid, other.ModifiedNanoseconds)
        && Attributes.SequenceEqual(other.Attributes);

    public override int GetHashCode() => HashCode.Combine(Mode, Uid, Gid, ModifiedNanoseconds);
}
