using System.Threading.Channels;
using Cairn.Llb;
using Cairn.Rpc.Calls;
using Cairn.Snapshotter.Locals;
using Cairn.Snapshotter.Native;

namespace Cairn.Wire.Files;

/// <summary>The sending end of a file transfer: walks what there is, and answers with the contents that the peer asks for.</summary>
/// <remarks>Source: session.md, section 8. Packets are gathered by who makes them and written by one task, which is all that is ordered.</remarks>
public sealed class PacketSender
{
    private const int Chunk = 32 << 10;
    private const int BatchSize = 128 << 10;
    private const int Readers = 4;
    private const int FreeBatches = 2 * Readers;

    private readonly Func<string, Stream> _open;
    private readonly MessageSource<FilePacket> _requests;
    private readonly MessageSink<FilePacket> _packets;
    private readonly Channel<MessageBatch> _outgoing = Channel.CreateBounded<MessageBatch>(Readers);
    private readonly Channel<MessageBatch> _free = Channel.CreateBounded<MessageBatch>(FreeBatches);
    private readonly Channel<uint> _wanted = Channel.CreateUnbounded<uint>();
    private readonly Lock _gate = new();   // guards the list
    private readonly List<string?> _paths = [];   // by id; null where nothing can be asked for, or was asked for before

    private Exception? _failure;   // the first; set once, by whoever fails
    private volatile bool _peerHasFailed;

    private PacketSender(Func<string, Stream> open, MessageSource<FilePacket> requests, MessageSink<FilePacket> packets)
    {
        _open = open;
        _requests = requests;
        _packets = packets;
    }

    /// <summary>Sends a tree. Returns when the peer has said that it has everything; the call itself is still open then.</summary>
    /// <param name="entries">Parents before their children, names in byte order, hard links after what they link to.</param>
    /// <param name="open">The content of an entry by its path. A failure means that the file has gone: the peer gets an empty one.</param>
    /// <param name="requests">What the peer sends.</param>
    /// <param name="packets">The way to the peer.</param>
    /// <param name="cancellationToken">Ends the transfer.</param>
    /// <exception cref="BuildException">The tree cannot be read or sent; the peer has been told. Environment: the peer does not keep to the rules, or says that it has failed.</exception>
    /// <exception cref="RpcException">The call has failed.</exception>
    public static async Task SendAsync(
        IAsyncEnumerable<LocalEntry> entries,
        Func<string, Stream> open,
        MessageSource<FilePacket> requests,
        MessageSink<FilePacket> packets,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entries);
        await new PacketSender(open, requests, packets).RunAsync(entries, cancellationToken);
    }

    private async Task RunAsync(IAsyncEnumerable<LocalEntry> entries, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task writing = GuardAsync(() => WriteAsync(cancellationToken), stop);
        Task[] making =
        [
            GuardAsync(() => WalkAsync(entries, stop.Token), stop),
            GuardAsync(() => ListenAsync(stop.Token), stop),
            .. Enumerable.Range(0, Readers).Select(_ => GuardAsync(() => ReadAsync(stop.Token), stop)),
        ];
        await Task.WhenAll(making);

        // Whatever was made goes out first; the last packet is the end, or what has failed.
        FilePacket? last = _failure is null ? FilePacket.Finish() : _failure is RpcException || _peerHasFailed ? null : FilePacket.Failure(_failure.Message);
        if (last is not null && !writing.IsCompleted && !cancellationToken.IsCancellationRequested)
        {
            await GuardAsync(() => PostAsync(last, cancellationToken), stop);
        }

        _outgoing.Writer.TryComplete();
        await writing;
        while (_outgoing.Reader.TryRead(out MessageBatch? batch) || _free.Reader.TryRead(out batch))
        {
            batch.Dispose();
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (_failure is { } failure)
        {
            throw failure is BuildException or RpcException
                ? failure
                : new BuildException(ErrorKind.Environment, "send files", "", failure.Message, inner: failure);
        }
    }

    /// <summary>Runs one of the tasks; the first that fails stops the others.</summary>
    private async Task GuardAsync(Func<Task> work, CancellationTokenSource stop)
    {
        try
        {
            await Task.Run(work, CancellationToken.None);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Another one's failure, or the caller's wish.
        }
        catch (Exception e)   // kept, and thrown by RunAsync
        {
            Interlocked.CompareExchange(ref _failure, e, null);
            await stop.CancelAsync();
        }
    }

    private async Task WalkAsync(IAsyncEnumerable<LocalEntry> entries, CancellationToken cancellationToken)
    {
        MessageBatch batch = TakeBatch();
        await foreach (LocalEntry entry in entries.WithCancellation(cancellationToken))
        {
            Protos.Fsutil.Stat stat = WireStat.Of(entry);
            lock (_gate)
            {
                _paths.Add(WireStat.HasContent(stat) ? entry.Path : null);
            }

            batch.Add(FilePacket.Entry(stat), FilePacket.Marshaller);
            if (batch.Length >= Chunk)
            {
                await _outgoing.Writer.WriteAsync(batch, cancellationToken);
                batch = TakeBatch();
            }
        }

        batch.Add(FilePacket.Entry(null), FilePacket.Marshaller);
        await _outgoing.Writer.WriteAsync(batch, cancellationToken);
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        while (await _requests.MoveNextAsync(cancellationToken))
        {
            FilePacket packet = _requests.Current;
            switch (packet.Kind)
            {
                case PacketKind.Request:
                    _wanted.Writer.TryWrite(packet.Id);
                    break;
                case PacketKind.Finish:
                    _wanted.Writer.TryComplete();
                    return;
                case PacketKind.Error:
                    _peerHasFailed = true;
                    throw new BuildException(ErrorKind.Environment, "", "", $"error from receiver: {packet.Text}");
                default:
                    throw Malformed($"a packet that only senders send: {packet.Kind}");
            }
        }

        throw Malformed("the receiver has ended the transfer before it had everything");
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        while (await _wanted.Reader.WaitToReadAsync(cancellationToken))
        {
            MessageBatch batch = TakeBatch();
            while (_wanted.Reader.TryRead(out uint id))
            {
                batch = await ReadFileAsync(id, TakePath(id), batch, cancellationToken);
            }

            await _outgoing.Writer.WriteAsync(batch, cancellationToken);
        }
    }

    private async Task<MessageBatch> ReadFileAsync(uint id, string path, MessageBatch batch, CancellationToken cancellationToken)
    {
        using Stream? content = TryOpen(path);
        while (content is not null && Append(batch, id, content) > 0)
        {
            if (batch.Length >= BatchSize)
            {
                await _outgoing.Writer.WriteAsync(batch, cancellationToken);
                batch = TakeBatch();
            }
        }

        batch.Add(FilePacket.Content(id, default), FilePacket.Marshaller);
        return batch;
    }

    /// <summary>Appends the next part of a content, read to where it is sent from.</summary>
    /// <returns>Its octets; 0 at the end, and then nothing was appended.</returns>
    private static int Append(MessageBatch batch, uint id, Stream content)
    {
        int before = batch.Length;
        batch.Begin();
        Span<byte> span = batch.GetSpan(FilePacket.LongestContentHead + Chunk);
        int expected = FilePacket.WriteContentHead(span, id, Chunk);
        int read = content.ReadAtLeast(span.Slice(expected, Chunk), Chunk, throwOnEndOfStream: false);
        if (read == 0)
        {
            batch.Truncate(before);
            return 0;
        }

        if (read < Chunk)
        {
            // A shorter part may have a shorter head; what was read moves up to it.
            Span<byte> head = stackalloc byte[FilePacket.LongestContentHead];
            int size = FilePacket.WriteContentHead(head, id, read);
            span.Slice(expected, read).CopyTo(span[size..]);
            head[..size].CopyTo(span);
            expected = size;
        }

        batch.Advance(expected + read);
        batch.End();
        return read;
    }

    private string TakePath(uint id)
    {
        lock (_gate)
        {
            if (id >= _paths.Count || _paths[(int)id] is not { } path)
            {
                throw Malformed($"invalid file id {id}");
            }

            _paths[(int)id] = null;
            return path;
        }
    }

    private Stream? TryOpen(string path)
    {
        try
        {
            return _open(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NativeException)
        {
            return null;
        }
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        await foreach (MessageBatch batch in _outgoing.Reader.ReadAllAsync(cancellationToken))
        {
            try
            {
                await _packets.WriteAsync(batch, cancellationToken);
            }
            finally
            {
                batch.Clear();
                if (!_free.Writer.TryWrite(batch))
                {
                    batch.Dispose();
                }
            }
        }
    }

    private async Task PostAsync(FilePacket packet, CancellationToken cancellationToken)
    {
        MessageBatch batch = TakeBatch();
        batch.Add(packet, FilePacket.Marshaller);
        await _outgoing.Writer.WriteAsync(batch, cancellationToken);
    }

    private MessageBatch TakeBatch() => _free.Reader.TryRead(out MessageBatch? batch) ? batch : new MessageBatch();

    private static BuildException Malformed(string reason) =>
        new(ErrorKind.Environment, "send files", "", reason, "The receiver is at fault; use another version of it.");
}
