using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Trees;

namespace Cairn.Solver.Exporters;

/// <summary>The file systems of a result, open for reading.</summary>
internal sealed class OpenTrees : IDisposable
{
    private readonly List<IDisposable> _open = [];

    private OpenTrees()
    {
    }

    /// <summary>In the order of the result; an empty tree for scratch.</summary>
    public List<(ExportPlatform Platform, RootedTree Tree)> Trees { get; } = [];

    /// <exception cref="BuildException">Input: the result has several platforms but is not divided by them.</exception>
    public static async Task<OpenTrees> OpenAsync(ExportRequest request, CancellationToken cancellationToken)
    {
        if (!request.IsMultiPlatform && request.Platforms.Count > 1)
        {
            throw ExportAttributes.Invalid("unable to export multiple platforms without map");
        }

        var trees = new OpenTrees();
        try
        {
            foreach (ExportPlatform platform in request.Platforms)
            {
                SnapshotView view = platform.Ref is { } result
                    ? await result.ViewAsync(request.Refs, cancellationToken)
                    : request.Services.Snapshotter.View([]);
                trees._open.Add(view);
                trees.Trees.Add((platform, view.Tree));
            }

            return trees;
        }
        catch
        {
            trees.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (IDisposable view in _open)
        {
            view.Dispose();
        }
    }
}
