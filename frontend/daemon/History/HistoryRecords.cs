using System.Text;
using System.Text.Json;
using Cairn.Daemon.Control;
using Cairn.Protos.Control;
using Cairn.Rpc.Calls;
using Cairn.Solver;
using Cairn.Solver.History;
using Google.Protobuf.WellKnownTypes;
using GoogleStatus = Cairn.Protos.GoogleRpc.Status;

namespace Cairn.Daemon.History;

/// <summary>Builds in the form of the protocol's records.</summary>
internal static class HistoryRecords
{
    private const string DescriptorKey = "containerimage.descriptor";

    /// <summary>A build that runs.</summary>
    public static BuildHistoryRecord Begun(LiveBuild build)
    {
        var record = new BuildHistoryRecord
        {
            Ref = build.Id,
            Frontend = build.Request.Frontend,
            CreatedAt = Timestamp.FromDateTimeOffset(build.Created),
        };
        record.FrontendAttrs.Add(build.Request.FrontendAttrs);
        record.Exporters.Add(build.Request.Exporters);
        return record;
    }

    /// <summary>A build that has just ended.</summary>
    public static BuildHistoryRecord Ended(LiveBuild build, BuildResult? result, Exception? error)
    {
        BuildHistoryRecord record = Begun(build);
        record.CompletedAt = Timestamp.FromDateTimeOffset(build.Ended ?? build.Created);
        if (error is not null)
        {
            GoogleStatus status = Failures.Describe(error).ToMessage();
            status.Details.Clear();
            record.Error = status;
        }

        if (result is not null)
        {
            foreach ((string key, byte[] value) in result.Metadata)
            {
                record.ExporterResponse[key] = Encoding.UTF8.GetString(value);
            }

            if (result.Response.TryGetValue(DescriptorKey, out string? descriptor) && TryRead(descriptor) is { } image)
            {
                record.Result = new BuildResultInfo { ResultDeprecated = image };
                record.Result.Results[0] = image;
            }
        }

        return record;
    }

    /// <summary>A build that the daemon did not run, or did not see the end of.</summary>
    public static BuildHistoryRecord Of(string reference, BuildSummary summary, BuildRecord? known)
    {
        var record = new BuildHistoryRecord
        {
            Ref = reference,
            Frontend = "dockerfile.v0",
            CreatedAt = Timestamp.FromDateTimeOffset(summary.Created),
            CompletedAt = Timestamp.FromDateTimeOffset(summary.Completed ?? summary.Created),
            NumTotalSteps = summary.Steps,
            NumCachedSteps = summary.CachedSteps,
            NumCompletedSteps = summary.Steps,
            NumWarnings = summary.Warnings,
        };
        foreach ((string key, string value) in known?.Options ?? new Dictionary<string, string>())
        {
            record.FrontendAttrs[key] = value;
        }

        Put(record, "context", summary.Label.Context);
        Put(record, "filename", summary.Label.File);
        Put(record, "target", summary.Label.Target);
        string? error = summary.Status switch
        {
            BuildStatus.Failed => known?.Error?.Message ?? summary.Error,
            BuildStatus.Canceled => "context canceled",
            BuildStatus.Interrupted => "the build was interrupted: its process ended before it did",
            _ => null,
        };
        if (error is not null)
        {
            StatusCode code = summary.Status switch
            {
                BuildStatus.Canceled => StatusCode.Cancelled,
                BuildStatus.Interrupted => StatusCode.Aborted,
                _ => StatusCode.Unknown,
            };
            record.Error = new GoogleStatus { Code = (int)code, Message = error };
        }

        return record;
    }

    private static void Put(BuildHistoryRecord record, string key, string value)
    {
        if (value.Length > 0 && !record.FrontendAttrs.ContainsKey(key))
        {
            record.FrontendAttrs[key] = value;
        }
    }

    private static OciDescriptor? TryRead(string base64)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(Convert.FromBase64String(base64));
            JsonElement root = json.RootElement;
            return new OciDescriptor
            {
                MediaType = root.GetProperty("mediaType").GetString() ?? "",
                Digest = root.GetProperty("digest").GetString() ?? "",
                Size = root.GetProperty("size").GetInt64(),
            };
        }
        catch (Exception e) when (e is FormatException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;   // the exporter said something else
        }
    }
}
