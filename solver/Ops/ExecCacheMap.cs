using System.Text;
using Cairn.Cache.Checksums;
using Cairn.Llb;
using Cairn.Llb.CacheKeys;
using Cairn.Llb.Graphs;
using Cairn.Protos.Pb;
using Cairn.Snapshotter.Trees;

namespace Cairn.Solver.Ops;

/// <summary>The cache map of an exec op.</summary>
/// <remarks>Source: llb-semantics.md, section 7.4.</remarks>
internal static class ExecCacheMap
{
    /// <summary>The only cache map of the vertex.</summary>
    /// <exception cref="BuildException">Input: a content key is asked for where there can be none.</exception>
    public static CacheMap Of(Vertex vertex)
    {
        ExecOp exec = vertex.Op.Exec;
        var inputs = new CacheMapInput[vertex.Inputs.Count];
        for (int i = 0; i < inputs.Length; i++)
        {
            Mount[] mounts = [.. exec.Mounts.Where(mount => mount.Input == i && mount.MountType is MountType.Bind or MountType.Cache)];
            inputs[i] = mounts.Length == 0 ? CacheMapInput.DefinitionOnly : Of(exec.Meta, mounts);
        }

        return new CacheMap(CacheDigest.Stable(CacheKeyJson.Key(vertex)), inputs, HasMore: false);
    }

    private static CacheMapInput Of(Meta meta, Mount[] mounts)
    {
        string[] selectors = [.. mounts.Select(ExecPaths.Selector)];
        bool byContent = false;
        foreach (Mount mount in mounts)
        {
            byContent = HasContentKey(meta, mount);   // the last one decides
        }

        IReadOnlyList<ContentSelector>? content = !byContent ? null
            : selectors.Contains(TreePath.Root, StringComparer.Ordinal) ? [new ContentSelector(TreePath.Root, followLinks: true)]
            : [.. selectors.Select(path => new ContentSelector(path, followLinks: true))];
        return new CacheMapInput(Digest.Sha256(Encoding.UTF8.GetBytes(string.Join('\0', selectors))), content);
    }

    private static bool HasContentKey(Meta meta, Mount mount)
    {
        bool isPossible = mount.Output < 0 || mount.Readonly || ExecPaths.Selector(mount) == TreePath.Root;
        if (mount.ContentCache == MountContentCache.On && !isPossible)
        {
            throw new BuildException(
                ErrorKind.Input, "key", $"mount {mount.Dest}", "a content key was asked for, but the mount can be written and only part of its input is mounted");
        }

        return isPossible && (mount.ContentCache == MountContentCache.On
            || (mount.ContentCache == MountContentCache.Default && ExecPaths.Destination(meta, mount) != TreePath.Root));
    }
}
