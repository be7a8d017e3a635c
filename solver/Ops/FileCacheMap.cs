using System.Text;
using Cairn.Cache.Checksums;
using Cairn.Llb;
using Cairn.Llb.CacheKeys;
using Cairn.Llb.Graphs;
using Cairn.Llb.Matching;
using Cairn.Protos.Pb;

namespace Cairn.Solver.Ops;

/// <summary>The cache map of a file op.</summary>
/// <remarks>Source: llb-semantics.md, section 8.5.</remarks>
internal static class FileCacheMap
{
    /// <summary>The only cache map of the vertex.</summary>
    public static CacheMap Of(Vertex vertex)
    {
        var selectors = new List<ContentSelector>[vertex.Inputs.Count];
        var isChanged = new bool[vertex.Inputs.Count];   // a tree that is changed counts as a whole
        for (int i = 0; i < selectors.Length; i++)
        {
            selectors[i] = [];
        }

        foreach (FileAction action in vertex.Op.File.Actions)
        {
            if (action.Input >= 0 && action.Input < isChanged.Length)
            {
                isChanged[action.Input] = true;
            }

            if (action.ActionCase == FileAction.ActionOneofCase.Copy)
            {
                Add(selectors, action.SecondaryInput, Source(action.Copy));
            }

            if (action.ActionCase != FileAction.ActionOneofCase.Symlink)
            {
                ChownOpt? owner = FileReferences.Owner(action);
                Add(selectors, FileReferences.LookupInput(owner?.User) ?? -1, new ContentSelector("/etc/passwd", followLinks: true));
                Add(selectors, FileReferences.LookupInput(owner?.Group) ?? -1, new ContentSelector("/etc/group", followLinks: true));
            }
        }

        CacheMapInput[] inputs = [.. selectors.Select((list, i) => isChanged[i] || list.Count == 0 ? CacheMapInput.DefinitionOnly : Of(list))];
        return new CacheMap(CacheDigest.Stable(CacheKeyJson.Key(vertex)), inputs, HasMore: false);
    }

    private static void Add(List<ContentSelector>[] selectors, long input, ContentSelector selector)
    {
        if (input >= 0 && input < selectors.Length)
        {
            selectors[input].Add(selector);
        }
    }

    private static ContentSelector Source(FileActionCopy copy) => new(
        copy.Src, copy.FollowSymlink, copy.AllowWildcard && GoPathMatch.HasWildcard(copy.Src), copy.IncludePatterns, copy.ExcludePatterns, copy.RequiredPaths);

    private static CacheMapInput Of(List<ContentSelector> selectors)
    {
        // Descending by bytes: ordinal order of UTF-16 differs from it only above the surrogates.
        IEnumerable<byte[]> paths = selectors.Select(selector => Encoding.UTF8.GetBytes(selector.Path)).OrderDescending(PathBytes.Order);
        List<byte> joined = [];
        foreach (byte[] path in paths)
        {
            if (joined.Count > 0)
            {
                joined.Add(0);
            }

            joined.AddRange(path);
        }

        return new CacheMapInput(Digest.Sha256(joined.ToArray()), selectors);
    }
}
