using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Solver.Images;
using Cairn.Solver.Progress;

namespace Cairn.Solver.Exporters;

/// <summary>Makes layers, configs, manifests and, for several platforms, an index out of a build's result.</summary>
/// <remarks>Source: control-and-status.md, section 9.</remarks>
internal sealed class ImageAssembler
{
    private const string SourcePrefix = "containerd.io/distribution.source.";
    private readonly ExportRequest _request;
    private readonly ImageExportOptions _options;
    private readonly DateTimeOffset? _epoch;
    private readonly IReadOnlyList<ImageAnnotation> _annotations;

    /// <exception cref="BuildException">Input: the result cannot be exported this way.</exception>
    public ImageAssembler(ExportRequest request, ImageExportOptions options)
    {
        _request = request;
        _options = options;
        _epoch = options.Epoch.Or(request.SourceDateEpoch);
        _annotations = Annotations(request, options);
        if (!request.IsMultiPlatform && request.Platforms.Count > 1)
        {
            throw ExportAttributes.Invalid("cannot export multiple platforms without multi-platform enabled");
        }

        CheckAnnotations();
        if (_epoch is null && options.RewriteTimestamp == true)
        {
            request.Progress.Warn(BuildWarning.Plain("rewrite-timestamp is specified, but no source-date-epoch was found"));
        }
    }

    /// <summary>The time that documents get instead of the clock's; null if there is none.</summary>
    public DateTimeOffset? Epoch => _epoch;

    public async Task<AssembledImage> AssembleAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<LayerBlob>[] chains;
        using (_request.Progress.Step("exporting layers"))
        {
            chains = await Task.WhenAll(_request.Platforms.Select(platform => ChainAsync(platform, cancellationToken)));
        }

        var blobs = new List<ImageBlob>();
        var known = new HashSet<Digest>();
        var images = new List<(Descriptor Manifest, Descriptor Config, List<Descriptor> Layers)>();
        for (int i = 0; i < chains.Length; i++)
        {
            byte[]? inline = _request.InlineCache is { } keys ? await keys(_request.Platforms[i], chains[i], cancellationToken) : null;
            images.Add(Assemble(_request.Platforms[i], chains[i], inline, blob => Add(blobs, known, blob)));
        }

        if (!_request.IsMultiPlatform)
        {
            (Descriptor manifest, Descriptor config, List<Descriptor> layers) = images[0];
            return new AssembledImage(manifest, config, layers, blobs);
        }

        string indexType = _options.OciTypes ? MediaTypes.OciIndex : MediaTypes.DockerManifestList;
        byte[] index = ManifestWriter.Index(
            indexType, [.. images.Select(image => image.Manifest)], Chosen(AnnotationTarget.Index, null), compact: false);
        Descriptor top = Describe(indexType, index, Chosen(AnnotationTarget.IndexDescriptor, null));
        using (_request.Progress.Step("exporting manifest list " + top.Digest))
        {
            Add(blobs, known, new ImageBlob(top, index, null));
        }

        return new AssembledImage(top, null, [], blobs);
    }

    private async Task<IReadOnlyList<LayerBlob>> ChainAsync(ExportPlatform platform, CancellationToken cancellationToken)
    {
        if (platform.Ref is null)
        {
            return [];
        }

        bool clamp = _epoch is not null && _options.RewriteTimestamp != false;
        var options = new BlobChainOptions
        {
            Compression = _options.Compression,
            Level = _options.Level,
            Force = _options.ForceCompression,
            ClampSeconds = clamp ? _epoch!.Value.ToUnixTimeSeconds() : null,
            KeepLeading = clamp ? BaseLayers(platform) : 0,
        };
        return await platform.Ref.BlobChainAsync(options, _request.Refs, cancellationToken);
    }

    /// <summary>How many layers, from the bottom, are the base image's and so keep their times.</summary>
    private int BaseLayers(ExportPlatform platform)
    {
        IReadOnlyList<LayerRecord> layers = platform.Ref!.Layers;
        if (platform.BaseConfig is null)
        {
            return _options.RewriteTimestamp == true ? 0 : layers.TakeWhile(layer => layer.ChainId is not null).Count();
        }

        ChainId? chain = null;
        int same = 0;
        foreach (DiffId diffId in ImageConfig.Read(platform.BaseConfig).DiffIds ?? [])
        {
            chain = chain?.Append(diffId) ?? ChainId.Of(diffId);
            if (same == layers.Count || layers[same].ChainId != chain)
            {
                break;
            }

            same++;
        }

        return same;
    }

    private (Descriptor Manifest, Descriptor Config, List<Descriptor> Layers) Assemble(
        ExportPlatform platform, IReadOnlyList<LayerBlob> chain, byte[]? inline, Action<ImageBlob> add)
    {
        List<Descriptor> layers = [.. chain.Select(LayerDescriptor)];
        for (int i = 0; i < chain.Count; i++)
        {
            add(new ImageBlob(layers[i], null, chain[i]));
        }

        byte[] config = ImageConfigWriter.Write(platform.Config, platform.BaseConfig, platform.Platform ?? Platform.Default, chain, _epoch, inline);
        Descriptor configDescriptor = Describe(_options.OciTypes ? MediaTypes.OciConfig : MediaTypes.DockerConfig, config, null);
        byte[] manifest = ManifestWriter.Manifest(
            _options.OciTypes ? MediaTypes.OciManifest : MediaTypes.DockerManifest, configDescriptor, layers, Chosen(AnnotationTarget.Manifest, platform), compact: false);
        Platform? shown = _request.IsMultiPlatform ? ImageConfig.Read(config).Platform ?? platform.Platform : platform.Platform;
        Descriptor descriptor = Describe(
            _options.OciTypes ? MediaTypes.OciManifest : MediaTypes.DockerManifest, manifest, Chosen(AnnotationTarget.ManifestDescriptor, platform)) with
        {
            Platform = shown,
        };
        using (_request.Progress.Step("exporting manifest " + descriptor.Digest))
        {
            using (_request.Progress.Step("exporting config " + configDescriptor.Digest))
            {
                add(new ImageBlob(configDescriptor, config, null));
            }

            add(new ImageBlob(descriptor, manifest, null));
        }

        return (descriptor, configDescriptor, layers);
    }

    private Descriptor LayerDescriptor(LayerBlob layer)
    {
        string type = layer.Descriptor.MediaType;
        if (MediaTypes.IsForeignLayer(type) && !_options.PreferForeignLayers)
        {
            type = type.Replace("nondistributable.", "", StringComparison.Ordinal).Replace("foreign.", "", StringComparison.Ordinal);
        }

        var descriptor = new Descriptor(_options.OciTypes ? MediaTypes.ToOci(type) : MediaTypes.ToDocker(type), layer.Descriptor.Digest, layer.Descriptor.Size);
        if (!_options.OciTypes)
        {
            return descriptor;
        }

        var kept = layer.Descriptor.Annotations.Where(pair =>
            pair.Key is not ("containerd.io/uncompressed" or "buildkit/createdat") && !pair.Key.StartsWith(SourcePrefix, StringComparison.Ordinal));
        return descriptor with { Annotations = new SortedDictionary<string, string>(kept.ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal) };
    }

    private SortedDictionary<string, string> Chosen(AnnotationTarget target, ExportPlatform? platform)
    {
        var chosen = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (ImageAnnotation annotation in _annotations.Where(annotation => annotation.Target == target))
        {
            if (annotation.Platform is null || platform is null || Matches(platform, annotation.Platform))
            {
                chosen[annotation.Key] = annotation.Value;
            }
        }

        return chosen;
    }

    private void CheckAnnotations()
    {
        foreach (ImageAnnotation annotation in _annotations)
        {
            if (!_options.OciTypes && annotation.Target != AnnotationTarget.Manifest)
            {
                throw ExportAttributes.Invalid("cannot export annotations with \"oci-mediatypes=false\"");
            }

            if (!_request.IsMultiPlatform && annotation.Target is AnnotationTarget.Index or AnnotationTarget.IndexDescriptor)
            {
                throw ExportAttributes.Invalid("index annotations not supported for single platform export");
            }

            if (annotation.Platform is { } wanted && !_request.Platforms.Any(platform => Matches(platform, wanted)))
            {
                throw ExportAttributes.Invalid($"invalid annotation: no platform {wanted} found in source");
            }
        }
    }

    private static bool Matches(ExportPlatform platform, string id) =>
        platform.Id == id || string.Equals((platform.Platform ?? Platform.Default).ToString(), id, StringComparison.Ordinal);

    /// <summary>Attributes first, what the result itself says after them: the later one counts.</summary>
    private static List<ImageAnnotation> Annotations(ExportRequest request, ImageExportOptions options)
    {
        var annotations = new List<ImageAnnotation>(options.Annotations);
        foreach ((string key, byte[] value) in request.Metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (ImageAnnotation.TryParse(key, System.Text.Encoding.UTF8.GetString(value)) is { } annotation)
            {
                annotations.Add(annotation);
            }
        }

        return annotations;
    }

    private static Descriptor Describe(string mediaType, byte[] bytes, IReadOnlyDictionary<string, string>? annotations)
    {
        var descriptor = new Descriptor(mediaType, Digest.Sha256(bytes), bytes.Length);
        return annotations is { Count: > 0 } ? descriptor with { Annotations = annotations } : descriptor;
    }

    private static void Add(List<ImageBlob> blobs, HashSet<Digest> known, ImageBlob blob)
    {
        if (known.Add(blob.Descriptor.Digest))
        {
            blobs.Add(blob);
        }
    }
}
