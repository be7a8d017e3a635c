using Cairn.Protos.Control;
using Cairn.Solver.Progress;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Daemon.Status;

/// <summary>News of a build as one message of the status stream.</summary>
/// <remarks>Source: control-and-status.md, section 17.</remarks>
internal static class StatusMessage
{
    /// <summary>Vertices by start, those that have not begun first; items and logs by time.</summary>
    public static StatusResponse Compose(IEnumerable<BuildEvent> news)
    {
        var message = new StatusResponse();
        List<Vertex> vertices = [];
        List<VertexStatus> statuses = [];
        List<VertexLog> logs = [];
        foreach (BuildEvent one in news)
        {
            switch (one)
            {
                case VertexEvent vertex:
                    vertices.Add(Tell(vertex));
                    break;
                case StatusEvent status:
                    statuses.Add(Tell(status));
                    break;
                case LogEvent log:
                    logs.Add(new VertexLog
                    {
                        Vertex = log.Vertex.ToString(),
                        Stream = log.Stream,
                        Msg = UnsafeByteOperations.UnsafeWrap(log.Bytes),
                        Timestamp = Timestamp.FromDateTimeOffset(log.Timestamp),
                    });
                    break;
                case WarningEvent warning:
                    message.Warnings.Add(Tell(warning));
                    break;
                default:
                    break;
            }
        }

        message.Vertexes.Add(vertices.OrderBy(static v => v.Started?.ToDateTimeOffset() ?? DateTimeOffset.MinValue));
        message.Statuses.Add(statuses.OrderBy(static s => s.Timestamp.ToDateTimeOffset()));
        message.Logs.Add(logs.OrderBy(static l => l.Timestamp.ToDateTimeOffset()));
        return message;
    }

    private static Vertex Tell(VertexEvent news)
    {
        var vertex = new Vertex
        {
            Digest = news.Vertex.ToString(),
            Name = news.Name,
            Cached = news.Cached,
            Started = Time(news.Started),
            Completed = Time(news.Completed),
            Error = news.Error ?? "",
        };
        vertex.Inputs.Add(news.Inputs.Select(static input => input.ToString()));
        if (news.Group is { } group)
        {
            vertex.ProgressGroup = new Pb.ProgressGroup { Id = group.Id, Name = group.Name, Weak = group.Weak };
        }

        return vertex;
    }

    private static VertexStatus Tell(StatusEvent news) => new()
    {
        ID = news.Id,
        Vertex = news.Vertex.ToString(),
        Name = news.Name,
        Current = news.Current,
        Total = news.Total,
        Timestamp = Time(news.Timestamp),
        Started = Time(news.Started),
        Completed = Time(news.Completed),
    };

    private static VertexWarning Tell(WarningEvent news)
    {
        BuildWarning warning = news.Warning;
        var message = new VertexWarning
        {
            Vertex = news.Vertex.ToString(),
            Level = warning.Level,
            Short = ByteString.CopyFromUtf8(warning.Short),
            Url = warning.Url ?? "",
        };
        message.Detail.Add(warning.Detail.Select(ByteString.CopyFromUtf8));
        if (warning.Source is { } source)
        {
            message.Info = new Pb.SourceInfo
            {
                Filename = source.FileName, Data = ByteString.CopyFrom(source.Content.Span), Language = source.Language,
            };
            message.Ranges.Add(source.Ranges.Select(static range => new Pb.Range
            {
                Start = new Pb.Position { Line = range.StartLine, Character = range.StartCharacter },
                End = new Pb.Position { Line = range.EndLine, Character = range.EndCharacter },
            }));
        }

        return message;
    }

    private static Timestamp? Time(DateTimeOffset? time) => time is { } known ? Timestamp.FromDateTimeOffset(known) : null;
}
