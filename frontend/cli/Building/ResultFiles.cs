using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cairn.Cli.Settings;
using Cairn.Llb;

namespace Cairn.Cli.Building;

/// <summary>What is left to say of a result: --metadata-file, --iidfile, and the digest that --quiet prints.</summary>
internal static class ResultFiles
{
    private const string ConfigDigest = "containerimage.config.digest";
    private const string ImageDigest = "containerimage.digest";
    private const string Descriptor = "containerimage.descriptor";   // base64 of JSON in the response

    public static async Task WriteAsync(BuildSettings settings, IReadOnlyDictionary<string, string> response, CancellationToken cancellationToken)
    {
        string? imageId = response.GetValueOrDefault(ConfigDigest) ?? response.GetValueOrDefault(ImageDigest);
        if (settings.ImageIdFile is { } idFile)
        {
            await WriteAsync(idFile, Encoding.UTF8.GetBytes(imageId ?? ""), cancellationToken);
        }

        if (settings.MetadataFile is { } metadataFile)
        {
            await WriteAsync(metadataFile, Metadata(response), cancellationToken);
        }

        if (settings.Progress == ProgressMode.Quiet && imageId is not null)
        {
            await Console.Out.WriteLineAsync(imageId);
        }
    }

    private static byte[] Metadata(IReadOnlyDictionary<string, string> response)
    {
        using MemoryStream text = new();
        using (Utf8JsonWriter json = new(text, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            foreach ((string key, string value) in response.OrderBy(e => e.Key, StringComparer.Ordinal))
            {
                json.WritePropertyName(key);
                if (key == Descriptor)
                {
                    json.WriteRawValue(Convert.FromBase64String(value));
                }
                else
                {
                    json.WriteStringValue(value);
                }
            }

            json.WriteEndObject();
        }

        return text.ToArray();
    }

    private static async Task WriteAsync(string path, byte[] content, CancellationToken cancellationToken)
    {
        try
        {
            await File.WriteAllBytesAsync(path, content, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BuildException(ErrorKind.Environment, "write", path, e.Message, inner: e);
        }
    }
}
