using System.Text.Json.Nodes;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Solver.Images;
using Cairn.Solver.Ops;

namespace Cairn.Solver.Sources;

/// <summary>One image as a source: found by manifest and config, its layers fetched only when someone looks inside.</summary>
internal sealed class ImageSourceInstance(Func<OpContext, IImageContent> open, Platform platform, ImageSourceOptions options) : ISourceInstance
{
    private Digest? _root;   // set once it is known; a second answer would be the same or is not wanted any more
    private ResolvedImage? _image;

    public async Task<SourceKey> KeyAsync(OpContext context, int index, CancellationToken cancellationToken)
    {
        Digest root = await RootAsync(context, cancellationToken);
        if (index == 0)
        {
            return new SourceKey(ManifestKey(root).ToString(), root.ToString(), HasMore: true);
        }

        ResolvedImage image = await ImageAsync(context, cancellationToken);
        return new SourceKey(ConfigKey(image, root).ToString(), root.ToString(), HasMore: false);
    }

    public async Task<ImmutableRef?> SnapshotAsync(OpContext context, CancellationToken cancellationToken)
    {
        IImageContent content = open(context);
        ResolvedImage image = await ImageAsync(context, cancellationToken);
        return context.Cache.Refs.FromImage(Layers(image, content), new RefDescription("pulled from " + content.Subject, options.RecordType));
    }

    private async Task<Digest> RootAsync(OpContext context, CancellationToken cancellationToken)
    {
        if (_root is { } known)
        {
            return known;
        }

        IImageContent content = open(context);
        Digest root;
        using (context.Progress.Step("resolve " + content.Subject))
        {
            root = await new ImageLookup(content, context.Cache.Blobs).RootAsync(cancellationToken);
        }

        if (options.Checksum is { } wanted && wanted != root)
        {
            throw new BuildException(ErrorKind.Input, "resolve image", content.Subject, $"image digest {root} does not match expected checksum {wanted}");
        }

        _root = root;
        return root;
    }

    private async Task<ResolvedImage> ImageAsync(OpContext context, CancellationToken cancellationToken)
    {
        Digest root = await RootAsync(context, cancellationToken);
        return _image ??= await new ImageLookup(open(context), context.Cache.Blobs).ResolveAsync(root, platform, cancellationToken);
    }

    private Digest ManifestKey(Digest root)
    {
        var key = new JsonObject { ["Digest"] = root.ToString(), ["OS"] = platform.Os, ["Arch"] = platform.Architecture };
        if (platform.Variant.Length > 0)
        {
            key["Variant"] = platform.Variant;
        }

        if (platform.OsVersion.Length > 0)
        {
            key["OSVersion"] = platform.OsVersion;
        }

        if (platform.OsFeatures.Count > 0)
        {
            key["OSFeatures"] = new JsonArray([.. platform.OsFeatures.Select(feature => (JsonNode)feature)]);
        }

        if (options.LayerLimit is { } limit)
        {
            key["Limit"] = limit;
        }

        return Digest.Sha256(ImageJson.Compact(key));
    }

    /// <summary>Identity of the layers, so that images that differ only in their documents have equal keys.</summary>
    private Digest ConfigKey(ResolvedImage image, Digest root)
    {
        if (image.Config.DiffIds is not { } all)
        {
            return Digest.Sha256(image.ConfigBytes);
        }

        ChainId? chain = null;
        foreach (DiffId diffId in options.LayerLimit is { } limit ? all.Take(limit) : all)
        {
            chain = chain?.Append(diffId) ?? ChainId.Of(diffId);
        }

        return chain?.Digest ?? ManifestKey(root);
    }

    private List<ImageLayer> Layers(ResolvedImage image, IImageContent content)
    {
        IReadOnlyList<Descriptor> blobs = image.Manifest.Layers;
        IReadOnlyList<DiffId> diffIds = image.Config.DiffIds ?? [];
        if (blobs.Count != diffIds.Count)
        {
            throw new BuildException(
                ErrorKind.Input, "read image", content.Subject, $"its manifest has {blobs.Count} layers and its config has {diffIds.Count}");
        }

        if (options.LayerLimit > blobs.Count)
        {
            throw new BuildException(
                ErrorKind.Input, "read image", content.Subject, $"layer limit {options.LayerLimit} is greater than the number of layers {blobs.Count}");
        }

        List<ImageHistory> history = [.. image.Config.History.Where(entry => !entry.EmptyLayer)];
        bool told = history.Count == blobs.Count;
        var layers = new List<ImageLayer>();
        for (int i = 0; i < (options.LayerLimit ?? blobs.Count); i++)
        {
            if (!MediaTypes.IsLayer(blobs[i].MediaType))
            {
                throw new BuildException(
                    ErrorKind.Input, "read image", content.Subject, $"its layer {blobs[i].Digest} has the media type {blobs[i].MediaType}, which is no layer");
            }

            layers.Add(new ImageLayer(blobs[i], diffIds[i], content.Source)
            {
                Created = told ? history[i].Created : null,
                Description = told ? history[i].CreatedBy : null,
            });
        }

        return layers;
    }
}
