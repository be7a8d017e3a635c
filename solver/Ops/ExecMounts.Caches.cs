using Cairn.Cache.Refs;
using Cairn.Protos.Pb;

namespace Cairn.Solver.Ops;

internal sealed partial class ExecMounts
{
    /// <summary>Opens each named directory once, in the order of the names: so two steps that lock the same ones cannot wait for each other.</summary>
    private async Task OpenCachesAsync(CancellationToken cancellationToken)
    {
        IEnumerable<Mount> caches = exec.Mounts.Where(mount => mount.MountType == MountType.Cache);
        foreach (Mount mount in caches.OrderBy(CacheName, StringComparer.Ordinal).ThenBy(mount => Strictness(mount)))
        {
            string name = CacheName(mount);
            if (!_caches.ContainsKey(name))
            {
                _caches.Add(name, Open(await context.Cache.Mounts.OpenAsync(
                    name, Sharing(mount), Input(mount), CacheDescription(mount), context.Refs, cancellationToken)));
            }
        }
    }

    private string CacheName(Mount mount)
    {
        string id = mount.CacheOpt?.ID ?? "";
        return Input(mount) is ImmutableRef input ? $"{id}:{input.Id}" : id;
    }

    private string CacheDescription(Mount mount)
    {
        string id = mount.CacheOpt?.ID ?? "";
        string with = id == mount.Dest ? "" : $" with id \"{id}\"";
        return $"cached mount {mount.Dest} from exec {Description}{with}";
    }

    private static int Strictness(Mount mount) => -(int)Sharing(mount);

    private static CacheMountSharing Sharing(Mount mount) => (mount.CacheOpt?.Sharing ?? CacheSharingOpt.Shared) switch
    {
        CacheSharingOpt.Private => CacheMountSharing.Private,
        CacheSharingOpt.Locked => CacheMountSharing.Locked,
        _ => CacheMountSharing.Shared,
    };
}
