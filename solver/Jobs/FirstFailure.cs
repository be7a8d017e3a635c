namespace Cairn.Solver.Jobs;

/// <summary>Waits for several pieces of work of which the first failure ends the rest.</summary>
internal static class FirstFailure
{
    /// <summary>Waits until all have ended.</summary>
    /// <param name="work">The pieces; they watch the source's token.</param>
    /// <param name="stop">Cancelled on the first failure.</param>
    /// <exception cref="Exception">The failure that came first.</exception>
    public static async Task<T[]> WhenAllAsync<T>(IReadOnlyList<Task<T>> work, CancellationTokenSource stop)
    {
        Task<T>? failed = null;
        await foreach (Task<T> one in Task.WhenEach(work))
        {
            if (!one.IsCompletedSuccessfully && failed is null)
            {
                failed = one;
                await stop.CancelAsync();
            }
        }

        if (failed is not null)
        {
            await failed;
        }

        return [.. work.Select(static one => one.Result)];
    }
}
