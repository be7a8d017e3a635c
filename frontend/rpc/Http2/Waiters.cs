namespace Cairn.Rpc.Http2;

/// <summary>Tasks that wait for something that its owner's lock guards, in the order they came. Every method is called under that lock.</summary>
internal sealed class Waiters
{
    private readonly Queue<TaskCompletionSource> _queue = new();

    /// <summary>A place in the queue. Whoever awaits it must look again at what it waited for, and wait again if it must.</summary>
    public TaskCompletionSource Join()
    {
        var place = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _queue.Enqueue(place);
        return place;
    }

    /// <summary>Wakes the first that still waits.</summary>
    /// <returns>False if nobody does.</returns>
    public bool WakeOne()
    {
        while (_queue.TryDequeue(out TaskCompletionSource? first))
        {
            if (first.TrySetResult())
            {
                return true;
            }
        }

        return false;
    }

    public void WakeAll()
    {
        while (_queue.TryDequeue(out TaskCompletionSource? waiter))
        {
            waiter.TrySetResult();
        }
    }
}
