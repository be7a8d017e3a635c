using System.Formats.Tar;
using System.Text.Json;
using Google.Protobuf;
using Definition = Cairn.Protos.Pb.Definition;

namespace Cairn.Solver.History;

/// <summary>
/// A recorded build as a tar: <c>build.json</c> (a line of the list), <c>record.json</c> (the whole record, if there is one),
/// <c>definition-N.pb</c> (serialised definitions in the order in which they were loaded) and <c>logs/DIGEST.log</c> (what each step printed,
/// both streams as they came). The bytes of equal builds are equal.
/// </summary>
internal static class HistoryArchive
{
    public static async Task WriteAsync(BuildHistory history, BuildSummary build, Stream archive, CancellationToken cancellationToken)
    {
        await using var tar = new TarWriter(archive, TarEntryFormat.Pax, leaveOpen: true);
        await AddAsync("build.json", JsonSerializer.SerializeToUtf8Bytes(build, HistoryJson.Default.BuildSummary));
        if (history.TryLoad(build.Id) is { } record)
        {
            await AddAsync("record.json", JsonSerializer.SerializeToUtf8Bytes(record, HistoryJson.Default.BuildRecord));
        }

        int number = 0;
        foreach (Definition definition in history.Definitions(build.Id))
        {
            await AddAsync(FormattableString.Invariant($"definition-{++number}.pb"), definition.ToByteArray());
        }

        foreach (IGrouping<Llb.Digest, LogEntry> step in history.Logs(build.Id).GroupBy(static entry => entry.Step).OrderBy(static group => group.Key))
        {
            using var log = new MemoryStream();
            foreach (LogEntry entry in step)
            {
                log.Write(entry.Bytes.Span);
            }

            await AddAsync($"logs/{step.Key.Hex}.log", log.ToArray());
        }

        async Task AddAsync(string name, byte[] content) => await tar.WriteEntryAsync(
            new PaxTarEntry(TarEntryType.RegularFile, name)
            {
                DataStream = new MemoryStream(content), ModificationTime = build.Created, Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            },
            cancellationToken);
    }
}
