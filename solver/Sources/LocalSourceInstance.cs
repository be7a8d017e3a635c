using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Snapshotter.Locals;
using Cairn.Solver.Images;
using Cairn.Solver.Ops;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Sources;

/// <summary>One directory of a client as a source.</summary>
internal sealed class LocalSourceInstance : ISourceInstance
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public required string Name { get; init; }

    /// <summary>Whose directory; null is anyone's.</summary>
    public required string? Session { get; init; }

    public required string SharedKeyHint { get; init; }

    public required LocalFilter Filter { get; init; }

    /// <summary>Every file is read, whatever its metadata.</summary>
    public required bool TrustsNothing { get; init; }

    /// <summary>Patterns of what is made all the same if only metadata is transferred; null if everything is.</summary>
    public required IReadOnlyList<string>? MetadataExceptions { get; init; }

    public bool AsksForKey => false;

    public Task<SourceKey> KeyAsync(OpContext context, int index, CancellationToken cancellationToken)
    {
        // Files have no name that lasts: the key serves this session only, and whoever uses the files is found by their content.
        string id = Session ?? (context.Sessions.Sessions.Count > 0 ? context.Sessions.Sessions[0].Id : "");
        string key = $"session:{Name}:{Digest.Sha256(ImageJson.Compact(Describe(id)))}";
        return Task.FromResult(new SourceKey(key, null, HasMore: false));
    }

    public async Task<ImmutableRef?> SnapshotAsync(OpContext context, CancellationToken cancellationToken)
    {
        ClientFaultException? failure = null;
        await foreach (ISession session in SessionsAsync(context, cancellationToken))
        {
            try
            {
                if (await SyncAsync(context, session, cancellationToken) is { } result)
                {
                    return result;
                }
            }
            catch (ClientFaultException e) when (Session is null)
            {
                failure = e;   // anyone's directory will do, so another client is asked
            }
        }

        throw failure ?? new ClientFaultException(ErrorKind.Input, "read local source", Name, "the client offers no directory of this name");
    }

    /// <summary>Names the directory across builds.</summary>
    /// <param name="sharedKey">The client's part of it.</param>
    public string SharedKey(string sharedKey) => $"{Name}:{SharedKeyHint}:{sharedKey}{(MetadataExceptions is null ? "" : ":metadata")}";

    private async Task<ImmutableRef?> SyncAsync(OpContext context, ISession session, CancellationToken cancellationToken)
    {
        string name = Session?.IndexOf(':', StringComparison.Ordinal) is int colon and > 0 ? Session[..colon] + "-" + Name : Name;
        if (session.Files(name) is { } files)
        {
            return MetadataExceptions is null
                ? await new LocalSync(context, files, Name, TrustsNothing).RunAsync(SharedKey(files.SharedKey), Filter, cancellationToken)
                : await SentSync.RunAsync(context, new HostSentFiles(files), this, cancellationToken);
        }

        return session.SentFiles(name) is { } sent ? await SentSync.RunAsync(context, sent, this, cancellationToken) : null;
    }

    /// <summary>The session that was asked for, which may be in no build; then, if it does not come or lacks the directory, all of the group.</summary>
    private async IAsyncEnumerable<ISession> SessionsAsync(OpContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ISession? own = Session is null ? null : context.Sessions.TryGet(Session);
        if (own is null && Session is not null && context.Services.Clients is { } clients)
        {
            own = await clients.TryFindAsync(Session, Patience, cancellationToken);
        }

        if (own is not null)
        {
            yield return own;
        }

        foreach (ISession session in context.Sessions.Sessions)
        {
            if (session != own)
            {
                yield return session;
            }
        }
    }

    public string? ExplainMissing(string path) => IgnoredPaths.Explain(Name, Filter.Exclude, path);

    private JsonObject Describe(string? session)
    {
        var json = new JsonObject();
        if (session is not null)
        {
            json["SessionID"] = session;
        }

        json["IncludePatterns"] = Strings(Filter.Include);
        json["ExcludePatterns"] = Strings(Filter.Exclude);
        json["FollowPaths"] = Strings(Filter.FollowPaths);
        if (MetadataExceptions is not null)
        {
            json["MetadataTransfer"] = true;
            if (MetadataExceptions.Count > 0)
            {
                json[nameof(MetadataExceptions)] = Strings(MetadataExceptions);
            }
        }

        return json;
    }

    private static JsonArray? Strings(IReadOnlyList<string> list) => list.Count == 0 ? null : new JsonArray([.. list.Select(item => (JsonNode)item)]);
}
