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
        ISession? own = session is null ? null : sessions.TryGet(session);
        IEnumerable<ISession> order = own is null ? sessions.Sessions : sessions.Sessions.Where(one => one != own).Prepend(own);
        IOciLayout[] layouts = [.. order.Select(one => one.Layouts.Find(store)).OfType<IOciLayout>()];
        return layouts.Length switch
        {
            0 => null,
            1 => layouts[0],
            _ => new GroupLayout(layouts),
        };
    }

    /// <summary>A secret as text, of the first session that has it; null if none has.</summary>
    public static async Task<string?> SecretAsync(ISessionGroup sessions, string id, CancellationToken cancellationToken) =>
        await sessions.FirstAsync(session => session.Secrets.GetAsync(id, cancellationToken)) is { } value ? Encoding.UTF8.GetString(value) : null;

    /// <summary>The first login that any of the sessions has.</summary>
    private sealed class GroupCredentials(ISessionGroup group) : IRegistryCredentials
    {
        public Task<RegistryCredential?> GetAsync(string host, CancellationToken cancellationToken) =>
            group.FirstAsync(session => session.Credentials.GetAsync(host, cancellationToken));

        public Task<RegistryToken?> FetchTokenAsync(TokenRequest request, CancellationToken cancellationToken) =>
            group.FirstAsync(session => session.Credentials.FetchTokenAsync(request, cancellationToken));
    }

    /// <summary>Which of several clients has a blob shows when they are asked.</summary>
    private sealed class GroupLayout(IOciLayout[] layouts) : IOciLayout
    {
        public async Task<long?> SizeAsync(Digest blob, CancellationToken cancellationToken) =>
            (await FindAsync(blob, cancellationToken))?.Size;

        public async Task<Stream> OpenAsync(Digest blob, long offset, CancellationToken cancellationToken)
        {
            IOciLayout layout = (await FindAsync(blob, cancellationToken))?.Layout ?? layouts[0];   // whose error is as good as any
            return await layout.OpenAsync(blob, offset, cancellationToken);
        }

        private async Task<(IOciLayout Layout, long Size)?> FindAsync(Digest blob, CancellationToken cancellationToken)
        {
            ClientFaultException? failure = null;
            foreach (IOciLayout layout in layouts)
            {
                try
                {
                    if (await layout.SizeAsync(blob, cancellationToken) is { } size)
                    {
                        return (layout, size);
                    }
                }
                catch (ClientFaultException e)
                {
                    failure = e;   // another may have it
                }
            }

            return failure is null ? null : throw failure;
        }
    }
}
