using System.Threading.Channels;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Solver.Sessions;
using Cairn.Wire.Files;

namespace Cairn.Daemon.Sessions;

/// <summary>Receives one directory: entries come, contents are asked for while they do, and whatever comes is passed on in the order in which it came.</summary>
/// <remarks>
/// Source: session.md, section 8. Reading never waits for writing: a client that waits for its contents to be read would else wait for ever.
/// </remarks>
/// <param name="call">The call; disposed by whoever began it.</param>
/// <param name="receiver">Takes what comes.</param>
/// <param name="misbehaviour">Makes the error of a client that does not keep to the rules.</param>
internal sealed class FileTransfer(
    ClientCall<FilePacket, FilePacket> call, ISentFilesReceiver receiver, Func<string, Exception> misbehaviour) : IDisposable
{
    private const int Window = 512;   // contents asked for and not yet complete; it bounds the files that are open at once
    private const int BatchSize = 32 << 10;
    private static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(1);

    private readonly Channel<uint> _wanted = Channel.CreateUnbounded<uint>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly SemaphoreSlim _window = new(Window);
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<uint> _open = [];   // the reader's own, as the three below
    private uint _entries;
    private bool _isListComplete;
    private bool _isFinished;   // the client knows that everything has come

    /// <returns>False if the client does not offer the directory; then the receiver was told nothing.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task writing = WriteAsync(stop);
        try
        {
            return await ReadAsync(stop.Token);
        }
        catch (RpcException)
        {
            throw;   // the client has ended it
        }
        catch (Exception e)
        {
            await stop.CancelAsync();
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ComplainAsync(e is OperationCanceledException ? "context canceled" : e.Message);
            if (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                await writing;   // which has stopped the reading, and says why
            }

            throw;
        }
        finally
        {
            await stop.CancelAsync();
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose() => _window.Dispose();

    private async Task<bool> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!await call.Responses.MoveNextAsync(cancellationToken))
            {
                throw misbehaviour("it ended before its first entry");
            }
        }
        catch (RpcException e) when (e.Status.Code == StatusCode.NotFound)
        {
            return false;
        }

        do
        {
            FilePacket packet = call.Responses.Current;
            try
            {
                Take(packet);
            }
            finally
            {
                packet.Release();
            }
        }
        while (await call.Responses.MoveNextAsync(cancellationToken));

        return _isFinished ? true : throw misbehaviour("it ended before everything was sent");
    }

    private void Take(FilePacket packet)
    {
        switch (packet.Kind)
        {
            case PacketKind.Stat when _isListComplete:
                throw misbehaviour("an entry after the end of the list");
            case PacketKind.Stat when packet.Stat is null:
                _isListComplete = true;
                _wanted.Writer.Complete();
                break;
            case PacketKind.Stat:
                uint id = _entries++;
                if (receiver.Take(checked((int)id), WireStat.ToEntry(packet.Stat), packet.Stat))
                {
                    _open.Add(id);
                    _wanted.Writer.TryWrite(id);
                }

                return;
            case PacketKind.Data when !_open.Contains(packet.Id):
                throw misbehaviour($"content of entry {packet.Id}, which nobody asked for");
            case PacketKind.Data when packet.Data.IsEmpty:
                _open.Remove(packet.Id);
                receiver.End((int)packet.Id);
                _window.Release();
                break;
            case PacketKind.Data:
                receiver.Write((int)packet.Id, packet.Data.Span);
                return;
            case PacketKind.Finish when _complete.Task.IsCompleted:
                _isFinished = true;
                return;
            case PacketKind.Error:
                throw misbehaviour($"error from sender: {packet.Text}");
            default:
                throw misbehaviour($"a packet of the type {packet.Kind}, which is not its turn");
        }

        if (_isListComplete && _open.Count == 0)
        {
            _complete.TrySetResult();
        }
    }

    private async Task WriteAsync(CancellationTokenSource stop)
    {
        try
        {
            await WriteAsync(stop.Token);
        }
        catch (Exception e) when (e is not RpcException and not OperationCanceledException)
        {
            await stop.CancelAsync();   // nothing more will be asked for, so nothing more need be read
            throw;
        }
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        using var batch = new MessageBatch();
        while (await _wanted.Reader.WaitToReadAsync(cancellationToken))
        {
            while (batch.Length < BatchSize && _wanted.Reader.TryRead(out uint id))
            {
                if (!_window.Wait(0, CancellationToken.None))
                {
                    await SendAsync(batch, cancellationToken);
                    await _window.WaitAsync(cancellationToken);
                }

                batch.Add(FilePacket.Request(id), FilePacket.Marshaller);
            }

            await SendAsync(batch, cancellationToken);
        }

        await _complete.Task.WaitAsync(cancellationToken);
        await call.Requests.WriteAsync(FilePacket.Finish(), cancellationToken);
        await call.Requests.CompleteAsync(cancellationToken);
    }

    private async Task SendAsync(MessageBatch batch, CancellationToken cancellationToken)
    {
        if (batch.Length > 0)
        {
            await call.Requests.WriteAsync(batch, cancellationToken);
            batch.Clear();
        }
    }

    /// <summary>Tells the client why it is not listened to any more, if it hears it.</summary>
    private async Task ComplainAsync(string reason)
    {
        using var limit = new CancellationTokenSource(FarewellTime);
        try
        {
            await call.Requests.WriteAsync(FilePacket.Failure(reason), limit.Token);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException or InvalidOperationException)
        {
            return;   // it does not; the call ends all the same
        }
    }
}
