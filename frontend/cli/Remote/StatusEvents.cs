using Cairn.Llb;
using Cairn.Protos.Control;
using Cairn.Solver.Progress;
using Google.Protobuf.WellKnownTypes;
using ProgressGroup = Cairn.Solver.Progress.ProgressGroup;

namespace Cairn.Cli.Remote;

/// <summary>A daemon's news as those of a build in this process, so that one kind of display shows both.</summary>
internal static class StatusEvents
{
    /// <summary>The news of a message, vertices first. What names no vertex is left out.</summary>
    public static IEnumerable<BuildEvent> Of(StatusResponse news)
    {
        foreach (Vertex vertex in news.Vertexes)
        {
            if (Digest.TryParse(vertex.Digest, out Digest digest))
            {
                yield return new VertexEvent(
                    digest, vertex.Name, [.. Inputs(vertex)], Time(vertex.Started), Time(vertex.Completed), vertex.Cached,
                    vertex.Error.Length == 0 ? null : vertex.Error,
                    vertex.ProgressGroup is { } group ? new ProgressGroup(group.Id, group.Name, group.Weak) : null);
            }
        }

        foreach (VertexStatus status in news.Statuses)
        {
            if (Digest.TryParse(status.Vertex, out Digest digest))
            {
                yield return new StatusEvent(
                    digest, status.ID, status.Name, status.Current, status.Total, Time(status.Timestamp) ?? default, Time(status.Started), Time(status.Completed));
            }
        }

        foreach (VertexLog log in news.Logs)
        {
            if (Digest.TryParse(log.Vertex, out Digest digest))
            {
                yield return new LogEvent(digest, (int)log.Stream, log.Msg.Memory, Time(log.Timestamp) ?? default);
            }
        }

        foreach (VertexWarning warning in news.Warnings)
        {
            if (Digest.TryParse(warning.Vertex, out Digest digest))
            {
                yield return new WarningEvent(digest, Warning(warning));
            }
        }
    }

    private static IEnumerable<Digest> Inputs(Vertex vertex)
    {
        foreach (string input in vertex.Inputs)
        {
            if (Digest.TryParse(input, out Digest digest))
            {
                yield return digest;
            }
        }
    }

    private static BuildWarning Warning(VertexWarning warning)
    {
        SourceLocation? source = warning.Info is not { } info
            ? null
            : new SourceLocation(
                info.Filename,
                info.Data.Memory,
                [
                    .. warning.Ranges.Select(static range => new SourceRange(
                        range.Start?.Line ?? 0, range.Start?.Character ?? 0, range.End?.Line ?? 0, range.End?.Character ?? 0)),
                ],
                info.Language);
        return new BuildWarning(
            (int)warning.Level, warning.Short.ToStringUtf8(), [.. warning.Detail.Select(static line => line.ToStringUtf8())],
            warning.Url.Length == 0 ? null : warning.Url, source);
    }

    private static DateTimeOffset? Time(Timestamp? time) => time?.ToDateTimeOffset();
}
