using Cairn.Llb;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Ops;

/// <summary>Asks the clients of a step for their secrets.</summary>
internal static class Secrets
{
    /// <summary>The value of the first client that has it; null if none has and the step can do without.</summary>
    /// <exception cref="BuildException">Input: no client has it.</exception>
    public static async Task<byte[]?> FindAsync(ISessionGroup sessions, string id, bool optional, CancellationToken cancellationToken)
    {
        if (await sessions.FirstAsync(session => session.Secrets.GetAsync(id, cancellationToken)) is { } value)
        {
            return value;
        }

        return optional ? null : throw new ClientFaultException(ErrorKind.Input, "", "", $"secret {id}: not found", $"Give it with --secret id={id},…");
    }
}
