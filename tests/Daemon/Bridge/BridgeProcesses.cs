using Cairn.Protos.Gateway;
using Cairn.Rpc.Client;
using Google.Protobuf;
using Xunit;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Daemon.Tests.Bridge;

/// <summary>A stream of processes, and what has come from each.</summary>
internal sealed class BridgeProcesses : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly ClientCall<ExecMessage, ExecMessage> _call;
    private readonly List<ExecMessage> _messages = [];   // guarded by itself
    private readonly SemaphoreSlim _news = new(0);
    private readonly Task _reading;

    public BridgeProcesses(ClientCall<ExecMessage, ExecMessage> call)
    {
        _call = call;
        _reading = ReadAsync();
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public Task StartAsync(string process, string container, string script, bool tty = false, Action<InitMessage>? change = null)
    {
        var init = new InitMessage
        {
            ContainerID = container, Tty = tty, Fds = { 0, 1, 2 }, Meta = new Pb.Meta { Args = { "/bin/sh", "-c", script }, Env = { "PATH=/bin" } },
        };
        change?.Invoke(init);
        return SendAsync(new ExecMessage { ProcessID = process, Init = init });
    }

    public Task SendAsync(ExecMessage message) => _call.Requests.WriteAsync(message, Cancelled).AsTask();

    public Task TypeAsync(string process, string text, bool end = false) =>
        SendAsync(new ExecMessage { ProcessID = process, File = new FdMessage { Data = ByteString.CopyFromUtf8(text), EOF = end } });

    public string Text(string process, uint fd = 1)
    {
        lock (_messages)
        {
            return string.Concat(_messages.Where(m => m.ProcessID == process && m.File is { } file && file.Fd == fd).Select(static m => m.File.Data.ToStringUtf8()));
        }
    }

    public Task SeenAsync(string process, string text) => UntilAsync(() => Text(process).Contains(text, StringComparison.Ordinal));

    /// <summary>How it ended, once everything is said of it; the order of messages is checked.</summary>
    public async Task<ExitMessage> EndAsync(string process)
    {
        await UntilAsync(() => Of(process).Any(static message => message.Done is not null));
        IReadOnlyList<ExecMessage> messages = Of(process);
        Assert.NotNull(messages[0].Started);
        Assert.Single(messages, static message => message.Started is not null);
        Assert.NotNull(messages[^1].Done);
        return Assert.Single(messages, static message => message.Exit is not null).Exit;
    }

    public IReadOnlyList<ExecMessage> Of(string process)
    {
        lock (_messages)
        {
            return [.. _messages.Where(message => message.ProcessID == process)];
        }
    }

    /// <summary>The end of the stream: an error unless all went well.</summary>
    public Task EndedAsync() => _reading.WaitAsync(Patience, Cancelled);

    public ValueTask DisposeAsync()
    {
        _news.Dispose();
        return _call.DisposeAsync();
    }

    private async Task UntilAsync(Func<bool> outcome)
    {
        while (!outcome())
        {
            Assert.True(await _news.WaitAsync(Patience, Cancelled), "nothing has come for a minute");
            if (_reading.IsCompleted && !outcome())
            {
                await _reading;
                Assert.Fail("the stream has ended");
            }
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            while (await _call.Responses.MoveNextAsync(Cancelled))
            {
                lock (_messages)
                {
                    _messages.Add(_call.Responses.Current);
                }

                _news.Release();
            }
        }
        finally
        {
            _news.Release();
        }
    }
}
