using Cairn.Protos.Pb;

namespace Cairn.Llb.Graphs;

/// <summary>The source map of a definition.</summary>
internal sealed class SourceLocations(Source? source)
{
    public IReadOnlyList<SourceLocation> Of(Digest clientDigest)
    {
        if (source is null || !source.Locations.TryGetValue(clientDigest.ToString(), out Locations? found) || found.Locations_.Count == 0)
        {
            return [];
        }

        var result = new List<SourceLocation>(found.Locations_.Count);
        foreach (Location location in found.Locations_)
        {
            if (location.SourceIndex < 0 || location.SourceIndex >= source.Infos.Count)
            {
                throw GraphLoader.Invalid($"invalid source map: vertex {clientDigest} is placed in file {location.SourceIndex} of {source.Infos.Count}");
            }

            SourceInfo file = source.Infos[location.SourceIndex];
            SourceRange[] ranges = [.. location.Ranges.Select(Range)];
            result.Add(new SourceLocation(file.Filename, file.Data.Memory, ranges, file.Language));
        }

        return result;
    }

    private static SourceRange Range(Protos.Pb.Range range) =>
        new(range.Start?.Line ?? 0, range.Start?.Character ?? 0, range.End?.Line ?? 0, range.End?.Character ?? 0);
}
