using System.Text;
using Cairn.Llb.Graphs;
using Cairn.Protos.Pb;

namespace Cairn.Llb.CacheKeys;

/// <summary>The document that the definition-based cache key of an op is the digest of.</summary>
/// <remarks>Exported caches contain these digests: the bytes are those of other implementations. Sources make their own keys.</remarks>
public static class CacheKeyJson
{
    private const string Root = "/";
    private const long Nothing = -1;

    /// <summary>SHA-256 of the document.</summary>
    /// <exception cref="ArgumentException">The vertex is a source.</exception>
    public static Digest Key(Vertex vertex) => Digest.Sha256(Encoding.UTF8.GetBytes(Document(vertex)));

    /// <summary>The document of a vertex: compact JSON.</summary>
    /// <exception cref="ArgumentException">The vertex is a source.</exception>
    public static string Document(Vertex vertex)
    {
        ArgumentNullException.ThrowIfNull(vertex);
        return vertex.Kind switch
        {
            Op.OpOneofCase.Exec => OfExec(vertex.Op.Exec, vertex.Platform),
            Op.OpOneofCase.File => OfFile(vertex.Op.File, vertex.Op.Inputs.Count),
            Op.OpOneofCase.Merge => Of("buildkit.merge.v0", "Merge", MessageJson.Of(vertex.Op.Merge)),
            Op.OpOneofCase.Diff => Of("buildkit.diff.v0", "Diff", MessageJson.Of(vertex.Op.Diff)),
            Op.OpOneofCase.Build => Of("buildkit.build.v0", "Exec", MessageJson.Of(vertex.Op.Build)),   // the name is a slip that keys depend on
            Op.OpOneofCase.Passthrough => Of("buildkit.passthrough.v0", "Passthrough", MessageJson.Of(vertex.Op.Passthrough)),
            _ => throw new ArgumentException($"a vertex of kind {vertex.Kind} has no document", nameof(vertex)),
        };
    }

    private static string Of(string type, string field, JsonFields message) =>
        new JsonFields().Text("Type", type).Raw(field, message.ToString()).ToString();

    private static string OfExec(ExecOp exec, Platform platform) => new JsonFields()
        .Text("Type", "buildkit.exec.v0")
        .Raw("Exec", MessageJson.Of(WithoutIncidentals(exec)).ToString())
        .Always("OS", platform.Os)
        .Always("Arch", platform.Architecture)
        .Text("Variant", platform.Variant)
        .Text("OSVersion", platform.OsVersion)
        .Texts("OSFeatures", platform.OsFeatures)
        .ToString();

    // What may differ between two runs that do the same: addresses, proxies, names of cache directories; selectors are keyed with the inputs.
    private static ExecOp WithoutIncidentals(ExecOp exec)
    {
        ExecOp copy = exec.Clone();
        copy.Meta.ProxyEnv = null;
        foreach (HostIP host in copy.Meta.ExtraHosts)
        {
            host.IP = "";
        }

        if (copy.Mounts.Count == 1 && IsPlainRoot(copy.Mounts[0]))
        {
            copy.Mounts.Clear();
        }

        foreach (Mount mount in copy.Mounts)
        {
            mount.Selector = "";
            if (mount is { MountType: MountType.Cache, CacheOpt: { } cache } && !IsDefault(cache, mount.Dest))
            {
                cache.ID = "";
                cache.Sharing = default;
            }
        }

        return copy;
    }

    private static bool IsPlainRoot(Mount mount) =>
        mount is
        {
            Dest: Root, MountType: MountType.Bind, Readonly: false, Selector: "", ResultID: "", ContentCache: MountContentCache.Default,
            CacheOpt: null, TmpfsOpt: null, SecretOpt: null, SSHOpt: null,
        };

    // Frontends put a namespace and a slash before the path.
    private static bool IsDefault(CacheOpt cache, string dest)
    {
        if (cache.Sharing != CacheSharingOpt.Shared)
        {
            return false;
        }

        int slash = cache.ID.IndexOf('/', StringComparison.Ordinal);
        return cache.ID == dest || (slash >= 0 && cache.ID.AsSpan(slash + 1).SequenceEqual(dest));
    }

    private static string OfFile(FileOp file, int inputs)
    {
        IEnumerable<string> actions = file.Actions
            .Select(action => MessageJson.Of(WithBaseName(action, inputs)).ToString())
            .Select(json => Convert.ToBase64String(Encoding.UTF8.GetBytes(json)));
        JsonFields document = new JsonFields().Text("Type", "buildkit.file.v0").Raw("Actions", GoJson.Array(actions));
        if (!IsUsualChain(file))
        {
            document.Raw("indexes", $"[{string.Join(',', file.Actions.Select(action => $"[{action.Input},{action.SecondaryInput},{action.Output}]"))}]");
        }

        return document.ToString();
    }

    // What is copied from an input is keyed by its content; where it stands there does not matter.
    private static FileAction WithBaseName(FileAction action, int inputs)
    {
        if (action.ActionCase != FileAction.ActionOneofCase.Copy || action.SecondaryInput < 0 || action.SecondaryInput >= inputs)
        {
            return action;
        }

        FileAction copy = action.Clone();
        copy.Copy.Src = UnixPath.Base(copy.Copy.Src);
        return copy;
    }

    private static bool IsUsualChain(FileOp file)
    {
        int count = file.Actions.Count;
        for (int i = 0; i < count; i++)
        {
            FileAction action = file.Actions[i];
            long input = i == 0 ? 0 : count + i - 1;
            long output = i == count - 1 ? 0 : Nothing;
            if (action.Input != input || action.SecondaryInput is not (Nothing or 1) || action.Output != output)
            {
                return false;
            }
        }

        return true;
    }
}
