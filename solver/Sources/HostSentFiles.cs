using Cairn.Snapshotter.Locals;
using Cairn.Solver.Sessions;
using System.Buffers;

namespace Cairn.Solver.Sources;

/// <summary>A directory of this host as if a client sent it.</summary>
internal sealed class HostSentFiles(ILocalFiles files) : ISentFiles
{
    private const int BufferSize = 128 * 1024;

    public string SharedKey => files.SharedKey;

    public async Task<bool> ReceiveAsync(LocalFilter filter, ISentFilesReceiver receiver, CancellationToken cancellationToken)
    {
        int index = 0;
        await foreach (LocalEntry entry in files.WalkAsync(filter, cancellationToken))
        {
            if (receiver.Take(index, entry, SentEntry.Write(entry.Path, entry.Status, entry.LinkTarget, entry.Attributes)))
            {
                Send(index, entry.Path, receiver);
            }

            index++;
        }

        return true;
    }

    private void Send(int index, string path, ISentFilesReceiver receiver)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            using Stream file = files.Open(path);
            for (int read; (read = file.Read(buffer)) > 0;)
            {
                receiver.Write(index, buffer.AsSpan(0, read));
            }

            receiver.End(index);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
