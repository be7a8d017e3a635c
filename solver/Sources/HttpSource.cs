using Cairn.Llb;
using Cairn.Protos.Pb;

namespace Cairn.Solver.Sources;

/// <summary><c>http://</c> and <c>https://</c>: one file by URL.</summary>
/// <remarks>Source: llb-semantics.md, section 6.5.</remarks>
internal sealed class HttpSource(HttpDownloads downloads) : ISource
{
    private const string HeaderPrefix = "http.header.";

    public bool Handles(string scheme) => scheme is "http" or "https";

    public ISourceInstance Open(SourceOp source, Llb.Platform? platform)
    {
        var attributes = new SourceAttributes(source);
        if (!Uri.TryCreate(source.Identifier, UriKind.Absolute, out Uri? uri))
        {
            throw new BuildException(ErrorKind.Input, "read source", source.Identifier, "it is no URL");
        }

        foreach (string refused in (string[])["http.sig.pubkey", "http.sig.signature"])
        {
            if (attributes.Text(refused) is not null)
            {
                throw attributes.Invalid(refused, "signatures are not supported");
            }
        }

        return new HttpSourceInstance(downloads)
        {
            Uri = uri,
            Url = source.Identifier,
            File = SingleFile.Read(attributes),
            Expected = ImageSourceOptions.ReadChecksum(attributes, "http.checksum"),
            LoginSecret = attributes.Text("http.authheadersecret"),
            Headers = [.. ((string[])["accept", "user-agent"])
                .Select(name => (Name: name, Value: attributes.Text(HeaderPrefix + name)))
                .Where(header => header.Value is not null)
                .Select(header => KeyValuePair.Create(header.Name, header.Value!))],
        };
    }
}
