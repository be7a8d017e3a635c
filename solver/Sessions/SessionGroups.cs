namespace Cairn.Solver.Sessions;

/// <summary>How the sessions of a group are asked.</summary>
/// <remarks>Source: session.md, section 5.</remarks>
public static class SessionGroups
{
    /// <summary>Asks one session after the other; the first that has what is wanted ends it. One that fails is passed over.</summary>
    /// <returns>Null if none has it.</returns>
    /// <exception cref="ClientFaultException">None has it, and this was the last failure.</exception>
    public static async Task<T?> FirstAsync<T>(this ISessionGroup group, Func<ISession, Task<T?>> ask)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(ask);
        ClientFaultException? failure = null;
        foreach (ISession session in group.Sessions)
        {
            try
            {
                if (await ask(session) is { } answer)
                {
                    return answer;
                }
            }
            catch (ClientFaultException e)
            {
                failure = e;
            }
        }

        return failure is null ? null : throw failure;
    }
}
