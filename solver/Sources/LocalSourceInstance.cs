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
    public required string Name { get; init; }

    /// <summary>Whose directory; null is anyone's.</summary>
    public required string? Session { get; init; }

    public required string SharedKeyHint { get; init; }

    public required LocalFilter Filter { get; init; }

    /// <summary>Every file is read, whatever its metadata.</summary>
    public required bool TrustsNothing { get; init; }

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
        ILocalFiles files = Find(context.Sessions);
        var sync = new LocalSync(context, files, Name, TrustsNothing);
        return await sync.RunAsync($"{Name}:{SharedKeyHint}:{files.SharedKey}", Filter, cancellationToken);
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
        return json;
    }

    private static JsonArray? Strings(IReadOnlyList<string> list) => list.Count == 0 ? null : new JsonArray([.. list.Select(item => (JsonNode)item)]);

    /// <summary>The session that was asked for, else any that has a directory of this name.</summary>
    private ILocalFiles Find(ISessionGroup sessions)
    {
        string name = Session?.IndexOf(':', StringComparison.Ordinal) is int colon and > 0 ? Session[..colon] + "-" + Name : Name;
        if (Session is not null && sessions.TryGet(Session)?.Files(name) is { } own)
        {
            return own;
        }

        return sessions.Sessions.Select(session => session.Files(name)).FirstOrDefault(files => files is not null)
            ?? throw new ClientFaultException(ErrorKind.Input, "read local source", Name, "the client offers no directory of this name");
    }
}
