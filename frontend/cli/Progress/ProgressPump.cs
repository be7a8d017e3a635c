using System.Threading.Channels;
using Cairn.Solver.Progress;

namespace Cairn.Cli.Progress;

/// <summary>Takes the solver's news without ever blocking it, and hands them to a display in gathered portions.</summary>
internal sealed class ProgressPump : IBuildProgress, IAsyncDisposable
{
    private readonly Channel<BuildEvent> _news = Channel.CreateUnbounded<BuildEvent>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _closing = new();   // ends a pause early; nothing else is cancelled by it
    private readonly IBuildDisplay _display;
    private readonly TimeProvider _clock;
    private readonly Task _loop;

    public ProgressPump(IBuildDisplay display, TimeProvider clock)
    {
        _display = display;
        _clock = clock;
        _loop = Task.Run(RunAsync);
    }

    public void Write(BuildEvent news) => _news.Writer.TryWrite(news);

    /// <summary>Shows everything that was written, and the last frame.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_news.Writer.TryComplete())
        {
            await _closing.CancelAsync();
            await _loop;
            _closing.Dispose();
        }
    }

    private async Task RunAsync()
    {
        List<BuildEvent> portion = [];
        Task<bool> more = _news.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
        while (true)
        {
            if (_display.Tick is { } tick && !more.IsCompleted)
            {
                await Task.WhenAny(more, PauseAsync(tick));
            }
            else
            {
                await ((Task)more).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            if (more.IsCompleted)
            {
                if (!await more)
                {
                    break;
                }

                await PauseAsync(_display.Gather);
                while (_news.Reader.TryRead(out BuildEvent? news))
                {
                    portion.Add(news);
                }

                more = _news.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
            }

            _display.Show(portion, _clock.GetUtcNow());
            portion.Clear();
        }

        _display.Finish(_clock.GetUtcNow());
    }

    private async Task PauseAsync(TimeSpan time) =>
        await Task.Delay(time, _clock, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
