using Cairn.Solver.Sessions;

namespace Cairn.Daemon.Control;

/// <summary>The client of a build that named no session: it offers nothing.</summary>
internal static class NoClient
{
    public static ISession Instance { get; } = new InProcessSession(new InProcessSessionOptions { Id = "" });
}
