using Cairn.Protos.Pb;
using Google.Protobuf;

namespace Cairn.Llb.Building.Nodes;

/// <summary>The source map of a definition being written.</summary>
internal sealed class SourceMapDraft(MarshalOptions options)
{
    private readonly List<SourceFile> _files = [];
    private readonly SortedDictionary<string, List<SourceMark>> _marks = new(StringComparer.Ordinal);

    /// <summary>Adds the places of an op; an op without any still gets its entry.</summary>
    public void Add(string digest, IReadOnlyList<SourceMark> marks)
    {
        if (!_marks.TryGetValue(digest, out List<SourceMark>? known))
        {
            _marks[digest] = known = [];
        }

        foreach (SourceMark mark in marks)
        {
            known.Add(mark);
            if (IndexOf(mark.File) < 0)
            {
                _files.Add(mark.File);
            }
        }
    }

    public Source ToMessage()
    {
        var source = new Source();
        foreach (SourceFile file in _files)
        {
            source.Infos.Add(new SourceInfo
            {
                Filename = file.FileName,
                Data = ByteString.CopyFrom(file.Content.Span),
                Definition = file.Origin?.Marshal(options),
                Language = file.Language,
            });
        }

        foreach ((string digest, List<SourceMark> marks) in _marks)
        {
            var locations = new Locations();
            foreach (SourceMark mark in marks)
            {
                var location = new Location { SourceIndex = IndexOf(mark.File) };
                location.Ranges.Add(mark.Ranges.Select(Range));
                locations.Locations_.Add(location);
            }

            source.Locations[digest] = locations;
        }

        return source;
    }

    private static Protos.Pb.Range Range(SourceRange range) => new()
    {
        Start = new Position { Line = range.StartLine, Character = range.StartCharacter },
        End = new Position { Line = range.EndLine, Character = range.EndCharacter },
    };

    private int IndexOf(SourceFile file) => _files.FindIndex(known => ReferenceEquals(known, file));
}
