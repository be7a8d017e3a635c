namespace Cairn.Snapshotter.Store;

/// <summary>
/// The order of locks, asserted per asynchronous flow in debug builds and where the environment has CAIRN_CHECK_LOCKS=1: whoever holds
/// a write turn waits for no other lock, neither the turn of any store nor a layer that is being removed.
/// </summary>
internal static class LockOrder
{
    private static readonly AsyncLocal<string?> Held = new();   // the write turn that this flow is in

    public static bool IsChecked { get; } =
#if DEBUG
        true;
#else
        Environment.GetEnvironmentVariable("CAIRN_CHECK_LOCKS") == "1";
#endif

    /// <summary>This flow is about to wait for a lock.</summary>
    public static void Check(string wanted)
    {
        if (IsChecked && Held.Value is { } held)
        {
            throw new InvalidOperationException($"locks are taken in the wrong order: {wanted} is wanted while {held} is held");
        }
    }

    /// <summary>This flow is about to take a write turn.</summary>
    public static void Enter(string turn)
    {
        if (IsChecked)
        {
            Check(turn);
            Held.Value = turn;
        }
    }

    /// <summary>The turn has ended.</summary>
    public static void Leave()
    {
        if (IsChecked)
        {
            Held.Value = null;
        }
    }
}
