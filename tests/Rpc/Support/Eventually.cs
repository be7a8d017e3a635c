namespace Cairn.Rpc.Tests.Support;

internal static class Eventually
{
    /// <summary>Looks again and again until it holds; fails after a minute.</summary>
    public static async Task HoldsAsync(Func<bool> condition, string what)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!condition())
        {
            try
            {
                await timer.WaitForNextTickAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"it did not come to pass: {what}");
            }
        }
    }
}
