namespace Cairn.Cli.Settings;

/// <summary>One --output: what to write (oci, docker, tar, local, image) and where.</summary>
/// <param name="Type">The exporter; "registry" has become "image" with push.</param>
/// <param name="Destination">A file, a directory, "-" for the standard output, or null where the type writes no file.</param>
/// <param name="Attributes">The exporter's attributes, without type and dest.</param>
internal sealed record OutputSpec(string Type, string? Destination, IReadOnlyDictionary<string, string> Attributes)
{
    public const string StandardOutput = "-";

    private static readonly string[] Types = ["docker", "image", "local", "oci", "registry", "tar"];

    /// <summary>Reads one value of --output: "type=oci,dest=FILE,…", a directory, or "-".</summary>
    /// <exception cref="UsageException">The type is missing or unknown, or it lacks its destination.</exception>
    public static OutputSpec Parse(string text)
    {
        IReadOnlyList<string> fields = CsvFields.Split(text, "--output");
        if (fields.Count == 1 && !fields[0].Contains('=', StringComparison.Ordinal))
        {
            if (fields[0].Length == 0)
            {
                throw new UsageException("--output: a destination or type=… is needed");
            }

            return new OutputSpec(fields[0] == StandardOutput ? "tar" : "local", fields[0], new Dictionary<string, string>());
        }

        SortedDictionary<string, string> attributes = new(StringComparer.Ordinal);
        foreach ((string key, string value) in CsvFields.Pairs(fields, "--output", bare: null))
        {
            attributes.Add(key, value);
        }

        if (!attributes.Remove("type", out string? type))
        {
            throw new UsageException($"--output: type is required in '{text}'");
        }

        if (!Types.Contains(type, StringComparer.Ordinal))
        {
            throw new UsageException($"--output: unknown type '{type}'{Suggestion.Text(type, Types)}; known: {string.Join(", ", Types)}");
        }

        attributes.Remove("dest", out string? destination);
        return new OutputSpec(type, destination, attributes).Checked();
    }

    /// <summary>Whether the exporter makes an image, and so has names.</summary>
    public bool IsImage => Type is "image" or "oci" or "docker";

    public OutputSpec With(string key, string value) =>
        this with { Attributes = new SortedDictionary<string, string>(Attributes.ToDictionary(), StringComparer.Ordinal) { [key] = value } };

    private OutputSpec Checked()
    {
        switch (Type)
        {
            case "registry":
                return (this with { Type = "image" }).With("push", "true").Checked();
            case "image" when Destination is not null:
                throw new UsageException("--output: type=image writes no file, so dest has no meaning; use type=oci,dest=FILE");
            case "local" when string.IsNullOrEmpty(Destination):
                throw new UsageException("--output: dest is required for type=local");
            case "local" when Destination == StandardOutput:
                throw new UsageException("--output: type=local cannot be written to the standard output; use type=tar");
            case "docker" when Destination is null:
                throw new UsageException(
                    "--output: type=docker without dest would load the image into a Docker engine, which Cairn does not do; "
                    + "write dest=FILE and run 'docker load -i FILE'");
            case "oci" or "docker" or "tar" when Destination is { Length: 0 }:
                throw new UsageException($"--output: dest is empty for type={Type}");
            case "oci" or "docker" when Attributes.TryGetValue("tar", out string? tar) && tar is "false" or "0" && Destination == StandardOutput:
                throw new UsageException($"--output: type={Type},tar=false needs a directory as dest");
            default:
                return Type is "oci" or "tar" && Destination is null ? this with { Destination = StandardOutput } : this;
        }
    }
}
