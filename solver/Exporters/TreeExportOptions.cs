namespace Cairn.Solver.Exporters;

/// <summary>What the attributes of a tar or local export ask for; others are ignored.</summary>
internal sealed record TreeExportOptions
{
    /// <summary>One directory per platform; null: if the result is divided by platform.</summary>
    public required bool? PlatformSplit { get; init; }

    /// <summary>The client deletes what is not part of the result (local exports).</summary>
    public required bool Deletes { get; init; }

    public required SourceDateEpoch Epoch { get; init; }

    /// <exception cref="Llb.BuildException">Input: an attribute has a value that it cannot have.</exception>
    public static TreeExportOptions Parse(IReadOnlyDictionary<string, string> values)
    {
        var attributes = new ExportAttributes(values);
        string? mode = attributes.Text("mode");
        if (mode is not (null or "" or "copy" or "delete"))
        {
            throw ExportAttributes.Invalid($"invalid local exporter mode {mode}");
        }

        return new TreeExportOptions
        {
            Deletes = mode == "delete",
            PlatformSplit = attributes.Flag("platform-split", emptyIsTrue: false),
            Epoch = SourceDateEpoch.FromAttribute(attributes.Text("source-date-epoch")),
        };
    }

    /// <summary>The directory of a platform's tree, without slashes; empty if there is none of its own.</summary>
    public static string DirectoryOf(ExportPlatform platform) =>
        (platform.Id.Length > 0 ? platform.Id : (platform.Platform ?? Llb.Platform.Default).ToString()).Replace('/', '_');
}
