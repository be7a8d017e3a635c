using System.Runtime.CompilerServices;
using System.Text;
using Cairn.Llb;
using Cairn.Llb.Credentials;
using Cairn.Solver.Progress;
using Cairn.Solver.Registry;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Sources;

/// <summary>Registries and layouts in the name of the sessions of some builds.</summary>
internal static class SessionAccess
{
    /// <summary>Tokens are remembered per credentials object, so a group keeps one.</summary>
    private static readonly ConditionalWeakTable<ISessionGroup, IRegistryCredentials> Credentials = [];

    public static RegistryRepository Repository(RegistryClient registry, ImageReference reference, ISessionGroup sessions, IVertexProgress? progress) =>
        registry.Repository(reference.Registry, reference.Repository, Access(sessions, progress));

    public static RegistryAccess Access(ISessionGroup sessions, IVertexProgress? progress) =>
        new(sessions.Sessions is [ISession only] ? only.Credentials : Credentials.GetValue(sessions, group => new GroupCredentials(group)))
        {
            Notice = progress is null ? null : line => progress.Log(2, Encoding.UTF8.GetBytes(line + "\n")),
        };

    /// <summary>A layout by name, of a given session or of any that has it; null if there is none.</summary>
    public static IOciLayout? Layout(ISessionGroup sessions, string? session, string store)
    {
        if (session is not null && sessions.TryGet(session)?.Layouts.Find(store) is { } own)
        {
            return own;
        }

        return sessions.Sessions.Select(one => one.Layouts.Find(store)).FirstOrDefault(layout => layout is not null);
    }

    /// <summary>A secret as text, of the first session that has it; null if none has.</summary>
    public static async Task<string?> SecretAsync(ISessionGroup sessions, string id, CancellationToken cancellationToken)
    {
        foreach (ISession session in sessions.Sessions)
        {
            if (await session.Secrets.GetAsync(id, cancellationToken) is { } value)
            {
                return Encoding.UTF8.GetString(value);
            }
        }

        return null;
    }

    /// <summary>The first login that any of the sessions has.</summary>
    private sealed class GroupCredentials(ISessionGroup group) : IRegistryCredentials
    {
        public async Task<RegistryCredential?> GetAsync(string host, CancellationToken cancellationToken)
        {
            foreach (ISession session in group.Sessions)
            {
                if (await session.Credentials.GetAsync(host, cancellationToken) is { } credential)
                {
                    return credential;
                }
            }

            return null;
        }
    }
}
