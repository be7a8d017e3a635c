using System.Text.Json;
using Cairn.Llb;
using Cairn.Llb.Building;
using Cairn.Solver;
using Cairn.Solver.Sources;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Gateway.Images;

/// <summary>An image that is a frontend: its files, and what its config says of how it is run.</summary>
internal sealed record FrontendImage
{
    private const string CapsLabel = "moby.buildkit.frontend.caps";
    private const string NoNetworkLabel = "moby.buildkit.frontend.network.none";
    private const string DefaultProgram = "/run";

    /// <summary>The graph of its files.</summary>
    public required Pb.Definition Definition { get; init; }

    /// <summary>What is run.</summary>
    public IReadOnlyList<string> Arguments { get; private init; } = [DefaultProgram];

    /// <summary>Variables of the image.</summary>
    public IReadOnlyList<string> Environment { get; private init; } = [];

    /// <summary>Where it is run.</summary>
    public string WorkingDirectory { get; private init; } = "/";

    /// <summary>It is to have no network.</summary>
    public bool HasNoNetwork { get; private init; }

    /// <summary>What it says it can do.</summary>
    public IReadOnlyList<string> Capabilities { get; private init; } = [];

    /// <summary>Finds the frontend of a name: a named context, else an image.</summary>
    /// <exception cref="BuildException">There is no such image, or its config cannot be read.</exception>
    public static async Task<FrontendImage> FindAsync(
        string source, IReadOnlyDictionary<string, string> options, IReadOnlyDictionary<string, Pb.Definition> inputs, IFrontendBridge bridge,
        CancellationToken cancellationToken)
    {
        const string ImageContext = "docker-image://";
        const string InputContext = "input:";
        string? context = options.GetValueOrDefault("context:" + source);
        if (context?.StartsWith(InputContext, StringComparison.Ordinal) == true)
        {
            return OfInput(context[InputContext.Length..], options, inputs);
        }

        if (context?.StartsWith(ImageContext, StringComparison.Ordinal) == true)
        {
            source = context[ImageContext.Length..];
        }
        else if (context is not null)
        {
            throw new BuildException(ErrorKind.Input, "", "", $"unsupported context source {context.Split(':')[0]} for {source}");
        }

        var reference = ImageReference.Parse(source);
        ResolvedImageConfig resolved = await bridge.ResolveImageConfigAsync(
            new ImageConfigRequest(reference.ToString()) { LogName = $"resolve image config for docker-image://{reference}" }, cancellationToken);
        State files = State.Image(reference.WithDigest(resolved.Digest).ToString(), new ImageOptions { RecordType = "frontend" });
        return Read(files.Marshal(), resolved.Config, source);
    }

    private static FrontendImage OfInput(string name, IReadOnlyDictionary<string, string> options, IReadOnlyDictionary<string, Pb.Definition> inputs)
    {
        if (!inputs.TryGetValue(name, out Pb.Definition? definition))
        {
            throw new BuildException(ErrorKind.Input, "", "", $"invalid input {name} for the frontend");
        }

        if (options.GetValueOrDefault("input-metadata:" + name) is not { } metadata)
        {
            return new FrontendImage { Definition = definition };
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(metadata);
            return document.RootElement.TryGetProperty(ResultKeys.Config, out JsonElement config)
                ? Read(definition, config.GetBytesFromBase64(), name)
                : new FrontendImage { Definition = definition };
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw new BuildException(ErrorKind.Input, "read option", "input-metadata:" + name, e.Message, remedy: null, e);
        }
    }

    private static FrontendImage Read(Pb.Definition definition, byte[] json, string name)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            if (!document.RootElement.TryGetProperty("config", out JsonElement config) || config.ValueKind != JsonValueKind.Object)
            {
                return new FrontendImage { Definition = definition };
            }

            IReadOnlyList<string> program = Texts(config, "Entrypoint");
            string directory = config.TryGetProperty("WorkingDir", out JsonElement path) ? path.GetString() ?? "" : "";
            return new FrontendImage
            {
                Definition = definition,
                Arguments = program.Count > 0 ? program : [DefaultProgram],
                Environment = Texts(config, "Env"),
                WorkingDirectory = directory.Length > 0 ? directory : "/",
                HasNoNetwork = Label(config, NoNetworkLabel) is "true" or "1",
                Capabilities = [.. FrontendCapabilities.Read(Label(config, CapsLabel)).Select(static cap => cap.Name)],
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new BuildException(ErrorKind.Input, "read image config", name, e.Message, remedy: null, e);
        }
    }

    private static IReadOnlyList<string> Texts(JsonElement config, string name) =>
        config.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Select(static text => text.GetString() ?? "")]
            : [];

    private static string? Label(JsonElement config, string name) =>
        config.TryGetProperty("Labels", out JsonElement labels) && labels.ValueKind == JsonValueKind.Object && labels.TryGetProperty(name, out JsonElement value)
            ? value.GetString()
            : null;
}
