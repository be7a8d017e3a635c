using System.Threading.Channels;
using Cairn.Protos.Gateway;
using Cairn.Rpc.Calls;
using Cairn.Solver.Containers;
using Cairn.Solver.Execution;
using Cairn.Wire.Errors;
using Google.Protobuf;

namespace Cairn.Frontend.Gateway.Bridge;

/// <summary>One process on a stream of processes.</summary>
internal sealed class ServedProcess : IExecOutput
{
    private const uint UnknownExit = 255;
    private const int MostWaiting = 256;

    private readonly string _id;
    private readonly InitMessage _init;
    private readonly BuildContainer _container;
    private readonly ExecStream _stream;
    private readonly Func<Exception, ErrorStatus> _describe;
    private readonly CancellationToken _killed;

    // Input may have to wait for the process; signals may not have to wait for input.
    private readonly Channel<ExecMessage> _input = Channel.CreateBounded<ExecMessage>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly Channel<ExecMessage> _control = Channel.CreateBounded<ExecMessage>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });

    private readonly Lock _output = new();   // guards the other, and keeps output before the end
    private bool _isOver;

    public ServedProcess(
        string id, InitMessage init, BuildContainer container, ExecStream stream, Func<Exception, ErrorStatus> describe, TimeProvider clock,
        CancellationToken killed)
    {
        (_id, _init, _container, _stream, _describe, _killed) = (id, init, container, stream, describe, killed);
        Ended = Task.Run(() => RunAsync(clock), CancellationToken.None);
    }

    /// <summary>Completes when the process has ended and all is said of it. Fails if nobody hears it any more.</summary>
    public Task Ended { get; }

    /// <summary>Takes a message for the process; nothing if it has ended.</summary>
    /// <exception cref="RpcException">The message makes no sense.</exception>
    public async Task TakeAsync(ExecMessage message, CancellationToken cancellationToken)
    {
        Channel<ExecMessage> way = _control;
        switch (message.InputCase)
        {
            case ExecMessage.InputOneofCase.File when message.File.Fd != 0 || !_init.Fds.Contains(0):
                throw new RpcException(StatusCode.OutOfRange, $"descriptor {message.File.Fd} of process {_id} is not open for input");
            case ExecMessage.InputOneofCase.File:
                way = _input;
                break;
            case ExecMessage.InputOneofCase.Signal when SignalNumbers.TryFind(message.Signal.Name) is null:
                throw new RpcException(StatusCode.InvalidArgument, $"unknown signal {message.Signal.Name}");
            case ExecMessage.InputOneofCase.Signal or ExecMessage.InputOneofCase.Resize:
                break;
            default:
                throw new RpcException(StatusCode.InvalidArgument, $"a message {message.InputCase} is not for process {_id}");
        }

        try
        {
            await way.Writer.WriteAsync(message, cancellationToken);
        }
        catch (ChannelClosedException)
        {
            // It has ended meanwhile.
        }
    }

    /// <inheritdoc/>
    public void Write(int stream, ReadOnlySpan<byte> bytes)
    {
        if (!_init.Fds.Contains((uint)stream))
        {
            return;
        }

        var message = new ExecMessage { ProcessID = _id, File = new FdMessage { Fd = (uint)stream, Data = ByteString.CopyFrom(bytes) } };
        lock (_output)
        {
            if (!_isOver)
            {
                // A thread of the process's own: it waits for a slow client, and the process with it.
                Send(message).GetAwaiter().GetResult();
            }
        }
    }

    private async Task RunAsync(TimeProvider clock)
    {
        ExitMessage exit;
        try
        {
            await Send(new ExecMessage { ProcessID = _id, Started = new StartedMessage() });
            using LiveProcess live = LiveProcess.Create(_init.Tty, clock);
            if (!_init.Fds.Contains(0))
            {
                live.CloseInput();
            }

            using var over = CancellationTokenSource.CreateLinkedTokenSource(_killed);
            Task input = PassInputAsync(live, over.Token);
            Task control = PassControlAsync(live, over.Token);
            try
            {
                exit = Exit((await _container.RunAsync(Process(), this, live, _killed)).Code);
            }
            finally
            {
                await over.CancelAsync();
                await Task.WhenAll(input, control).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        catch (Exception e) when (!_killed.IsCancellationRequested)
        {
            exit = new ExitMessage { Code = UnknownExit, Error = _describe(e).ToMessage() };
        }
        finally
        {
            _input.Writer.TryComplete();
            _control.Writer.TryComplete();
            lock (_output)
            {
                _isOver = true;   // what the process has left running may still print
            }
        }

        foreach (uint fd in _init.Fds.Where(static fd => fd is 1 or 2))
        {
            await Send(new ExecMessage { ProcessID = _id, File = new FdMessage { Fd = fd, EOF = true } });
        }

        await Send(new ExecMessage { ProcessID = _id, Exit = exit });
        await Send(new ExecMessage { ProcessID = _id, Done = new DoneMessage() });
    }

    private ContainerProcess Process() => new()
    {
        Arguments = _init.Meta?.Args ?? [],
        Environment = _init.Meta?.Env ?? [],
        Secrets = _init.Secretenv,
        WorkingDirectory = _init.Meta?.Cwd ?? "",
        User = _init.Meta?.User ?? "",
        Security = _init.Security,
        RemovesStubsRecursively = _init.Meta?.RemoveMountStubsRecursive ?? false,
    };

    private async Task PassInputAsync(LiveProcess live, CancellationToken cancellationToken)
    {
        bool isClosed = false;
        await foreach (ExecMessage message in _input.Reader.ReadAllAsync(cancellationToken))
        {
            if (!isClosed && !message.File.Data.IsEmpty)
            {
                await live.WriteAsync(message.File.Data.Memory, cancellationToken);
            }

            if (!isClosed && message.File.EOF)
            {
                live.CloseInput();
                isClosed = true;   // what still comes is dropped
            }
        }
    }

    private async Task PassControlAsync(LiveProcess live, CancellationToken cancellationToken)
    {
        await foreach (ExecMessage message in _control.Reader.ReadAllAsync(cancellationToken))
        {
            if (message.InputCase == ExecMessage.InputOneofCase.Resize)
            {
                await live.ResizeAsync(message.Resize.Rows, message.Resize.Cols, cancellationToken);
            }
            else if (SignalNumbers.TryFind(message.Signal.Name) is { } number)
            {
                await live.SignalAsync(number, cancellationToken);
            }
        }
    }

    private Task Send(ExecMessage message) => _stream.SendAsync(message, _killed);

    private static ExitMessage Exit(int code)
    {
        if (code == 0)
        {
            return new ExitMessage();
        }

        ErrorStatus error = new ErrorStatus(StatusCode.Unknown, $"exit code: {code}").With(new ExitMessage { Code = (uint)code });
        return new ExitMessage { Code = (uint)code, Error = error.ToMessage() };
    }
}
