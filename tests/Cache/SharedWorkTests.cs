using Cairn.Cache.Refs;
using Xunit;

namespace Cairn.Cache.Tests;

public sealed class SharedWorkTests
{
    [Fact]
    public async Task Callers_at_the_same_time_share_one_run()
    {
        var work = new SharedWork<string, int>();
        var hold = new TaskCompletionSource<int>();
        int runs = 0;
        Task<int> Run(CancellationToken token)
        {
            Interlocked.Increment(ref runs);
            return hold.Task;
        }
        Task<int>[] callers = [.. Enumerable.Range(0, 10).Select(_ => work.RunAsync("key", Run, TestCache.Token))];
        hold.SetResult(5);
        Assert.All(await Task.WhenAll(callers), result => Assert.Equal(5, result));
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task One_who_leaves_does_not_hurt_the_others()
    {
        var work = new SharedWork<string, int>();
        var hold = new TaskCompletionSource<int>();
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(TestCache.Token);
        Task<int> leaver = work.RunAsync("key", token => hold.Task.WaitAsync(token), leave.Token);
        Task<int> stayer = work.RunAsync("key", token => hold.Task.WaitAsync(token), TestCache.Token);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaver);
        hold.SetResult(7);
        Assert.Equal(7, await stayer);
    }

    [Fact]
    public async Task The_work_is_cancelled_when_the_last_caller_has_left_and_starts_again_for_a_new_one()
    {
        var work = new SharedWork<string, int>();
        var cancelled = new TaskCompletionSource();
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(TestCache.Token);
        Task<int> leaver = work.RunAsync(
            "key",
            async token =>
            {
                using CancellationTokenRegistration registration = token.Register(cancelled.SetResult);
                await Task.Delay(Timeout.Infinite, token);
                return 0;
            },
            leave.Token);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaver);
        await cancelled.Task.WaitAsync(TestCache.Token);
        Assert.Equal(3, await work.RunAsync("key", _ => Task.FromResult(3), TestCache.Token));
    }

    [Fact]
    public async Task One_who_joined_a_run_that_failed_tries_on_its_own()
    {
        var work = new SharedWork<string, int>();
        var hold = new TaskCompletionSource<int>();
        Task<int> owner = work.RunAsync("key", _ => hold.Task, TestCache.Token);
        Task<int> joined = work.RunAsync("key", _ => Task.FromResult(9), TestCache.Token);
        hold.SetException(new InvalidOperationException("the owner's session is gone"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => owner);
        Assert.Equal(9, await joined);
    }
}
