using System.Globalization;

namespace Cairn.Llb;

/// <content>Which images of an index can run here.</content>
public sealed partial record Platform
{
    private const int OldestArmVariant = 5;
    private const int Arm64Generation = 8;

    /// <summary>This platform and those whose images it can run as well, best first.</summary>
    /// <remarks>amd64 runs older variants and 386; arm64 runs arm v8 and older; arm runs older variants down to v5.</remarks>
    public IEnumerable<Platform> Candidates()
    {
        yield return this;
        switch (Architecture)
        {
            case "amd64":
                for (int level = Level(Variant) - 1; level > 0; level--)
                {
                    yield return With("amd64", $"v{level}");
                }

                yield return With("386", "");
                break;
            case "arm":
                foreach (Platform older in OlderArm(Level(Variant)))
                {
                    yield return older;
                }

                break;
            case "arm64":
                if (Variant.Length > 0)
                {
                    yield return With("arm64", "");
                }

                foreach (Platform older in OlderArm(Arm64Generation + 1))
                {
                    yield return older;
                }

                break;
        }
    }

    /// <summary>How well an image of another platform serves this one.</summary>
    /// <param name="offered">The platform that an index states.</param>
    /// <returns>0 for the best, larger for worse; null when it cannot run.</returns>
    public int? Rank(Platform offered)
    {
        ArgumentNullException.ThrowIfNull(offered);
        int rank = 0;
        foreach (Platform candidate in Candidates())
        {
            if (candidate.Os == offered.Os && candidate.Architecture == offered.Architecture
                && candidate.Variant == offered.Variant && RunsVersion(offered.OsVersion))
            {
                return rank;
            }

            rank++;
        }

        return null;
    }

    /// <summary>Picks from an index: the best rank, and the first of those that are equally good.</summary>
    /// <param name="offered">Items of the index.</param>
    /// <param name="platformOf">The platform of an item; null for items that name none, which never match.</param>
    /// <returns>Null when nothing matches.</returns>
    public T? Select<T>(IEnumerable<T> offered, Func<T, Platform?> platformOf)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(offered);
        ArgumentNullException.ThrowIfNull(platformOf);
        T? best = null;
        int bestRank = int.MaxValue;
        foreach (T item in offered)
        {
            if (platformOf(item) is { } platform && Rank(platform) is { } rank && rank < bestRank)
            {
                (best, bestRank) = (item, rank);
            }
        }

        return best;
    }

    private static int Level(string variant) =>
        variant.StartsWith('v') && int.TryParse(variant.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int level)
            ? level
            : 0;

    // Windows images run on the build they are made for: the first three numbers must agree.
    private bool RunsVersion(string offered)
    {
        if (Os != "windows" || OsVersion.Length == 0 || offered.Length == 0)
        {
            return true;
        }

        return OsVersion.Split('.').Take(3).SequenceEqual(offered.Split('.').Take(3), StringComparer.Ordinal);
    }

    private IEnumerable<Platform> OlderArm(int level)
    {
        for (int older = level - 1; older >= OldestArmVariant; older--)
        {
            yield return With("arm", $"v{older}");
        }
    }

    private Platform With(string architecture, string variant) => Create(Os, architecture, variant, OsVersion, OsFeatures);
}
