using Cairn.Rpc.Calls;

namespace Cairn.Rpc.Client;

/// <summary>What can end a call from the caller's side: a deadline, the caller's token.</summary>
internal sealed class CallLimits : IDisposable
{
    private readonly TimeSpan? _timeout;
    private readonly CancellationToken _callers;
    private readonly CancellationTokenSource? _deadline;
    private readonly CancellationTokenSource? _both;

    public CallLimits(TimeSpan? timeout, TimeProvider clock, CancellationToken callers)
    {
        _timeout = timeout;
        _callers = callers;
        if (timeout is { } time)
        {
            _deadline = new CancellationTokenSource(
                TimeSpan.FromTicks(Math.Clamp(time.Ticks, 0, CallFields.LongestTimeout.Ticks)), clock);
            _both = callers.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(_deadline.Token, callers) : null;
        }

        Token = _both?.Token ?? _deadline?.Token ?? callers;
    }

    /// <summary>Cancelled when either limit is reached.</summary>
    public CancellationToken Token { get; }

    /// <summary>What to throw now that the token is cancelled.</summary>
    public Exception End() => _callers.IsCancellationRequested
        ? new OperationCanceledException(_callers)
        : new RpcException(StatusCode.DeadlineExceeded, $"the call took longer than its {_timeout!.Value.TotalSeconds:0.###} s");

    public void Dispose()
    {
        _both?.Dispose();
        _deadline?.Dispose();
    }
}
