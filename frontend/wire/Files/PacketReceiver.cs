using System.Threading.Channels;
using Cairn.Llb;
using Cairn.Protos.Fsutil;
using Cairn.Rpc.Calls;
using Cairn.Snapshotter.Locals;

namespace Cairn.Wire.Files;

/// <summary>
/// The receiving end of a file transfer: the peer's list, and the contents that are asked for. Any number of threads may ask and read, while the
/// list still comes.
/// </summary>
/// <remarks>
/// Source: session.md, section 8. Contents are read in the order in which they were opened, or at the same time; whoever reads the last one
/// first may wait for ever. So it does no harm to open many ahead: what is asked for at once is limited to <see cref="Window"/> octets, and
/// what has come and was not read to about twice that.
/// </remarks>
public sealed class PacketReceiver : IAsyncDisposable
{
    /// <summary>Octets, as the entries say, of the contents that are on their way; a larger content is on its way alone.</summary>
    public const long Window = 8 << 20;

    private const int RequestBatch = 16 << 10;

    private readonly MessageSource<FilePacket> _packets;
    private readonly MessageSink<FilePacket> _answers;
    private readonly LocalOrder _order;
    private readonly Channel<ReceivedEntry> _entries =
        Channel.CreateUnbounded<ReceivedEntry>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly Channel<FilePacket> _requests = Channel.CreateUnbounded<FilePacket>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _stop;
    private readonly Lock _gate = new();   // guards all that follows
    private readonly List<Stat> _list = [];
    private readonly HashSet<uint> _asked = [];
    private readonly Dictionary<uint, IncomingFile> _open = [];     // asked of the peer, which has not ended them
    private readonly Queue<IncomingFile> _waiting = new();          // not asked of the peer yet
    private long _underWay;    // octets of the contents that were asked of the peer and are not read, as the entries say
    private int _active;       // their number
    private long _unread;      // octets that have come and were not read
    private TaskCompletionSource? _room;   // the loop waits for it
    private Exception? _failure;

    private readonly Task _reading;
    private readonly Task _writing;

    private PacketReceiver(MessageSource<FilePacket> packets, MessageSink<FilePacket> answers, string name, CancellationToken cancellationToken)
    {
        _packets = packets;
        _answers = answers;
        _order = new LocalOrder(name);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _writing = WriteAsync();
        _reading = ReadAsync();
    }

    /// <summary>Begins to receive.</summary>
    /// <param name="packets">What the peer sends.</param>
    /// <param name="answers">The way to the peer.</param>
    /// <param name="name">What is received, for errors.</param>
    /// <param name="cancellationToken">Ends the transfer.</param>
    public static PacketReceiver Begin(
        MessageSource<FilePacket> packets, MessageSink<FilePacket> answers, string name, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(packets);
        ArgumentNullException.ThrowIfNull(answers);
        return new PacketReceiver(packets, answers, name, cancellationToken);
    }

    /// <summary>The peer's list, in its order. For one reader, once.</summary>
    /// <exception cref="BuildException">Environment: the peer does not keep to the rules, or says that it has failed.</exception>
    /// <exception cref="RpcException">The call has failed.</exception>
    public IAsyncEnumerable<ReceivedEntry> ReadEntriesAsync(CancellationToken cancellationToken) =>
        _entries.Reader.ReadAllAsync(cancellationToken);

    /// <summary>Asks for the content of an entry.</summary>
    /// <param name="id">The entry; it has a content, and was not asked for before.</param>
    /// <returns>The content as it arrives. Its failures are <see cref="IOException"/>s. Whoever has opened it disposes it.</returns>
    public Stream Open(uint id)
    {
        IncomingFile file;
        lock (_gate)
        {
            if (id >= _list.Count || !WireStat.HasContent(_list[(int)id]) || !_asked.Add(id))
            {
                throw new ArgumentException($"entry {id} has no content, or it was asked for before", nameof(id));
            }

            file = new IncomingFile(this, id, Math.Max(0, _list[(int)id].Size));
            if (_failure is { } failure)
            {
                file.End(failure);
                return file;
            }

            _waiting.Enqueue(file);
            AskForMore();
        }

        return file;
    }

    /// <summary>Tells the peer that everything has been received, and waits until it has ended the call. All contents must have been read.</summary>
    /// <exception cref="BuildException">Environment: the peer does not keep to the rules, or says that it has failed.</exception>
    /// <exception cref="RpcException">The call has failed.</exception>
    public async Task FinishAsync()
    {
        _requests.Writer.TryWrite(FilePacket.Finish());
        _requests.Writer.TryComplete();
        await _writing;
        await _reading;
    }

    /// <summary>Tells the peer that the transfer has failed here. The call is over then.</summary>
    /// <param name="reason">For people at the other end.</param>
    public async Task FailAsync(string reason)
    {
        _requests.Writer.TryWrite(FilePacket.Failure(reason));
        _requests.Writer.TryComplete();
        await ((Task)_writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Ends the transfer, wherever it is.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _requests.Writer.TryComplete();
        await ((Task)_writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await ((Task)_reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    /// <summary>A reader has read octets, or dropped them.</summary>
    internal void Took(int octets)
    {
        TaskCompletionSource? room = null;
        lock (_gate)
        {
            _unread -= octets;
            if (_unread <= Window)
            {
                room = _room;
                _room = null;
            }
        }

        room?.SetResult();
    }

    /// <summary>Nobody will read this content any more.</summary>
    internal void Consumed(IncomingFile file)
    {
        lock (_gate)
        {
            file.IsDropped = true;
            if (file.IsAsked && _failure is null)
            {
                _underWay -= file.Size;
                _active--;
                AskForMore();
            }
        }
    }

    // Under the lock.
    private void AskForMore()
    {
        while (_waiting.TryPeek(out IncomingFile? next) && (next.IsDropped || _active == 0 || _underWay + next.Size <= Window))
        {
            _waiting.Dequeue();
            if (next.IsDropped)
            {
                continue;
            }

            next.IsAsked = true;
            _underWay += next.Size;
            _active++;
            _open.Add(next.Id, next);
            _requests.Writer.TryWrite(FilePacket.Request(next.Id));
        }
    }

    private async Task WriteAsync()
    {
        using var batch = new MessageBatch();
        while (await _requests.Reader.WaitToReadAsync(_stop.Token))
        {
            batch.Clear();
            while (batch.Length < RequestBatch && _requests.Reader.TryRead(out FilePacket? request))
            {
                batch.Add(request, FilePacket.Marshaller);
            }

            await _answers.WriteAsync(batch, _stop.Token);
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            await ReadPacketsAsync();
            EndAll(null);
        }
        catch (Exception e)
        {
            EndAll(e);
            throw;
        }
    }

    private async Task ReadPacketsAsync()
    {
        bool listEnded = false;
        while (await _packets.MoveNextAsync(_stop.Token))
        {
            FilePacket packet = _packets.Current;
            switch (packet.Kind)
            {
                case PacketKind.Stat when listEnded:
                    throw Malformed("an entry after the end of the list");
                case PacketKind.Stat when packet.Stat is { } stat:
                    Add(stat);
                    break;
                case PacketKind.Stat:
                    listEnded = true;
                    _entries.Writer.TryComplete();
                    break;
                case PacketKind.Data:
                    if (Take(packet) is { } room)
                    {
                        await room.WaitAsync(_stop.Token);
                    }

                    break;
                case PacketKind.Finish:
                    break;   // the end of the stream follows
                case PacketKind.Error:
                    throw new BuildException(ErrorKind.Environment, "", "", $"error from sender: {packet.Text}");
                default:
                    throw Malformed($"a packet that only receivers send: {packet.Kind}");
            }
        }

        if (!listEnded)
        {
            throw Malformed("the stream ended before the list");
        }
    }

    private void Add(Stat stat)
    {
        var received = new ReceivedEntry((uint)_list.Count, stat, WireStat.ToEntry(stat));
        _order.Check(received.Entry);
        lock (_gate)
        {
            _list.Add(stat);
        }

        _entries.Writer.TryWrite(received);
    }

    /// <summary>Hands a part of a content to its reader.</summary>
    /// <returns>What to wait for before more may come; null if there is room.</returns>
    private Task? Take(FilePacket packet)
    {
        IncomingFile? file;
        int length = packet.Data.Length;
        lock (_gate)
        {
            if (!_open.TryGetValue(packet.Id, out file))
            {
                throw Malformed($"content that nobody asked for: {packet.Id}");
            }

            if (length == 0)
            {
                _open.Remove(packet.Id);
            }

            _unread += length;
        }

        if (length == 0)
        {
            file.End(null);
            return null;
        }

        file.Received += length;
        if (file.Size <= Window && file.Received > file.Size + Window)
        {
            throw Malformed($"{_list[(int)packet.Id].Path} has far more content than its size of {file.Size} bytes");
        }

        if (!file.Append(packet))
        {
            packet.Release();
            Took(length);
            return null;
        }

        return file.Size > Window ? Room() : null;
    }

    private Task? Room()
    {
        lock (_gate)
        {
            if (_unread <= Window)
            {
                return null;
            }

            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task;
        }
    }

    private void EndAll(Exception? failure)
    {
        IncomingFile[] left;
        lock (_gate)
        {
            _failure = failure ?? new EndOfStreamException("the peer has ended the transfer");
            left = [.. _open.Values, .. _waiting];
            _open.Clear();
            _waiting.Clear();
        }

        _entries.Writer.TryComplete(failure);
        foreach (IncomingFile file in left)
        {
            file.End(_failure);
        }
    }

    private static BuildException Malformed(string reason) =>
        new(ErrorKind.Environment, "receive files", "", reason, "The sender is at fault; use another version of it.");
}
