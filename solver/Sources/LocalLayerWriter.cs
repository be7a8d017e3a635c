using System.Buffers;
using Cairn.Llb;
using Cairn.Snapshotter.Locals;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Sources;

/// <summary>Fills a layer with the entries of a directory of this host.</summary>
internal sealed class LocalLayerWriter(LocalLayer layer, ILocalFiles files, LocalSyncPlan plan, TransferReport report)
{
    private const int BufferSize = 128 * 1024;
    private const int MaxReads = 3;   // of a file that changes while it is read; then the last state counts, and the next sync looks again

    public void Write(CancellationToken cancellationToken)
    {
        var regular = new List<int>();
        for (int i = 0; i < plan.Entries.Count; i++)
        {
            LocalEntry entry = plan.Entries[i];
            if (entry.Status.IsDirectory)
            {
                layer.MakeDirectory(entry);
            }
            else if (entry.Status.IsRegular && entry.LinkTarget is null)
            {
                regular.Add(i);
            }
        }

        WriteFiles(regular, cancellationToken);
        foreach (LocalEntry entry in plan.Entries)
        {
            layer.WriteOther(entry);
        }

        layer.SetDirectoryTimes(plan.Entries, i => plan.Records[i].ModifiedNanoseconds);
        report.Finish();
    }

    private void WriteFiles(List<int> regular, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Math.Max(2, Environment.ProcessorCount) };
        try
        {
            Parallel.ForEach(regular, options, index =>
            {
                if (plan.LastDirectory is null || !plan.HasSameFile(index, cancellationToken) || !layer.TryLink(plan.Entries[index].Path))
                {
                    Copy(index, cancellationToken);
                }
            });
        }
        catch (AggregateException e) when (e.InnerExceptions[0] is BuildException first)
        {
            throw new BuildException(first.Kind, first.Doing, first.Subject, first.Reason, first.Remedy, first);
        }
    }

    private void Copy(int index, CancellationToken cancellationToken)
    {
        LocalEntry entry = plan.Entries[index];
        for (int read = 1; ; read++)
        {
            LocalRecord record = plan.Records[index];
            CopyBytes(entry.Path, cancellationToken);
            layer.FinishFile(entry, record.Mode, record.ModifiedNanoseconds);
            LocalRecord? changed = plan.Recheck(index);
            if (changed is null || read == MaxReads)
            {
                return;
            }

            layer.RemoveFile(entry.Path);
        }
    }

    private void CopyBytes(string path, CancellationToken cancellationToken)
    {
        using Stream target = layer.CreateFile(path);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            using Stream source = files.Open(path);
            for (int read; (read = source.Read(buffer)) > 0;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                target.Write(buffer, 0, read);
                report.Add(read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
