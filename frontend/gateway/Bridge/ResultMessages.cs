using System.Collections.Concurrent;
using Cairn.Llb;
using Cairn.Protos.Gateway;
using Cairn.Rpc.Calls;
using Cairn.Solver;
using Cairn.Solver.Containers;
using Google.Protobuf;

namespace Cairn.Frontend.Gateway.Bridge;

/// <summary>Results on their way to a frontend and back: refs travel as ids, and an empty id is an empty result.</summary>
internal sealed class ResultMessages
{
    private readonly ConcurrentDictionary<string, SolvedRef> _refs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ResultHandle> _handles = new(StringComparer.Ordinal);

    /// <summary>The ref of an id that was handed out; null for none such.</summary>
    public SolvedRef? TryFind(string id) => _refs.GetValueOrDefault(id);

    /// <summary>The ref of an id, for calls that use one.</summary>
    /// <exception cref="BuildException">Input: the id was not handed out here.</exception>
    public SolvedRef Find(string id) => TryFind(id) ?? throw new BuildException(ErrorKind.Input, "", "", $"no such ref: {id}");

    /// <summary>Hands a ref out.</summary>
    /// <returns>A new id; empty for an empty result.</returns>
    public string Add(SolvedRef? solved)
    {
        if (solved is null)
        {
            return "";
        }

        string id = Guid.NewGuid().ToString("N");
        _refs[id] = solved;
        return id;
    }

    /// <summary>Hands out what a failed step had or left.</summary>
    /// <returns>A new id that containers can be made of; empty for nothing.</returns>
    public string Add(ResultHandle? files)
    {
        if (files is null)
        {
            return "";
        }

        string id = Guid.NewGuid().ToString("N");
        _handles[id] = files;
        return id;
    }

    /// <summary>What a container is to be made of; null for an empty id.</summary>
    /// <exception cref="BuildException">Input: the id was not handed out here.</exception>
    public ResultHandle? FindFiles(string id) => id.Length == 0 ? null
        : _handles.TryGetValue(id, out ResultHandle? files) ? files : ResultHandle.Of(Find(id));

    /// <summary>A result as the frontend that asked for it gets it.</summary>
    /// <param name="solve">The result.</param>
    /// <param name="asObjects">The frontend understands refs with definitions; else it gets ids alone.</param>
    public Result Write(FrontendSolve solve, bool asObjects)
    {
        var result = new Result();
        foreach ((string key, byte[] value) in solve.Metadata)
        {
            result.Metadata[key] = ByteString.CopyFrom(value);
        }

        if (solve.IsMultiPlatform)
        {
            Dictionary<string, Ref> refs = solve.Platforms.ToDictionary(static platform => platform.Id, platform => Write(platform.Ref), StringComparer.Ordinal);
            if (asObjects)
            {
                result.Refs = new RefMap { Refs = { refs } };
            }
            else
            {
                result.RefsDeprecated = new RefMapDeprecated { Refs = { refs.ToDictionary(static pair => pair.Key, static pair => pair.Value.Id) } };
            }

            return result;
        }

        Ref one = Write(solve.Platforms.Count > 0 ? solve.Platforms[0].Ref : null);
        if (asObjects)
        {
            result.Ref = one;
        }
        else
        {
            result.RefDeprecated = one.Id;
        }

        return result;
    }

    /// <summary>A result that a frontend returns.</summary>
    /// <exception cref="RpcException">A ref was not handed out here, or attestations came though nobody offered to take them.</exception>
    /// <exception cref="BuildException">Input: the metadata make no sense.</exception>
    public FrontendSolve Read(Result result)
    {
        if (result.Attestations.Values.Any(static list => list.Attestation.Count > 0))
        {
            throw new RpcException(StatusCode.Unimplemented, "attestations in results are not supported");
        }

        Dictionary<string, byte[]> metadata = result.Metadata.ToDictionary(
            static pair => pair.Key, static pair => pair.Value.ToByteArray(), StringComparer.Ordinal);
        IReadOnlyList<KeyValuePair<string, Platform>> named = PlatformsJson.Read(metadata.GetValueOrDefault(ResultKeys.Platforms));
        Dictionary<string, string>? map = result.ResultCase switch
        {
            Result.ResultOneofCase.Refs => result.Refs.Refs.ToDictionary(static pair => pair.Key, static pair => pair.Value.Id, StringComparer.Ordinal),
            Result.ResultOneofCase.RefsDeprecated => new(result.RefsDeprecated.Refs, StringComparer.Ordinal),
            _ => null,
        };
        if (map is null)
        {
            string id = result.ResultCase == Result.ResultOneofCase.Ref ? result.Ref.Id : result.RefDeprecated;
            Platform? platform = named.Count > 0 ? named[0].Value : null;
            return new FrontendSolve([new PlatformRef("", platform, Returned(id))], IsMultiPlatform: false, metadata);
        }

        // In the order in which the frontend lists the platforms; what it does not list comes last.
        Dictionary<string, int> order = named.Select(static (pair, index) => (pair.Key, index)).ToDictionary(StringComparer.Ordinal);
        Dictionary<string, Platform> platforms = named.ToDictionary(StringComparer.Ordinal);
        return new FrontendSolve(
            [
                .. map.OrderBy(pair => order.GetValueOrDefault(pair.Key, int.MaxValue)).ThenBy(static pair => pair.Key, StringComparer.Ordinal)
                    .Select(pair => new PlatformRef(pair.Key, platforms.GetValueOrDefault(pair.Key), Returned(pair.Value))),
            ],
            IsMultiPlatform: true, metadata);
    }

    private Ref Write(SolvedRef? solved) => solved is null ? new Ref() : new Ref { Id = Add(solved), Def = solved.Definition };

    private SolvedRef? Returned(string id) => id.Length == 0 ? null
        : TryFind(id) ?? throw new RpcException(StatusCode.Unknown, $"return reference {id} not found");
}
