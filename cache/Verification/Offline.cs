using Cairn.Cache.Refs;
using Cairn.Llb;

namespace Cairn.Cache.Verification;

/// <summary>Stands where a build would give its session: nothing is fetched, and nobody watches.</summary>
internal sealed class Offline : IBlobFetcher, ITransferProgress, IProgressItem
{
    private Offline()
    {
    }

    public static RefContext Context { get; } = new(new Offline(), new Offline());

    public Task<Stream> OpenAsync(Descriptor blob, BlobSource source, long offset, CancellationToken cancellationToken) =>
        throw new BuildException(ErrorKind.Environment, "fetch blob", blob.Digest.ToString(), "nothing is fetched while a store is mended");

    public IProgressItem Begin(string id, string action, long total) => this;

    public void Report(long current)
    {
    }

    public void Dispose()
    {
    }
}
