using Cairn.Solver.Ops;

namespace Cairn.Solver.Tests.Jobs;

/// <summary>What lies behind <c>test://NAME</c>: one file, called <c>file</c>.</summary>
internal sealed class TestThing
{
    private int _fetches;

    public required byte[] Content { get; set; }

    /// <summary>Its key; null is its content.</summary>
    public string? Key { get; set; }

    /// <summary>Fetching waits for it.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Set when fetching begins.</summary>
    public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Set when fetching was cancelled.</summary>
    public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Exception? Error { get; set; }

    /// <summary>Asked of the clients before the gate; what it throws is thrown after it.</summary>
    public Func<OpContext, CancellationToken, Task>? Ask { get; set; }

    public int Fetches => _fetches;

    public void CountFetch() => Interlocked.Increment(ref _fetches);
}
