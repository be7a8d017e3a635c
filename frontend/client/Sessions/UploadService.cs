using System.Collections.Concurrent;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Server;
using Cairn.Wire.Headers;
using Cairn.Wire.Methods;

namespace Cairn.Client.Sessions;

/// <summary>Gives streams to the daemon, each once.</summary>
internal sealed class UploadService(IReadOnlyDictionary<string, Func<Stream>> uploads)
{
    private readonly ConcurrentDictionary<string, Func<Stream>> _left = new(uploads, StringComparer.Ordinal);

    public void AddTo(RpcServices services) => services.Add(UploadMethods.Pull.Path, PullAsync);

    private async Task PullAsync(ServerCall call, CancellationToken cancellationToken)
    {
        string id = Path.GetFileName(call.RequestHeaders.Find(HeaderNames.UploadPath) ?? "");
        if (!_left.TryRemove(id, out Func<Stream>? open))
        {
            throw new RpcException(StatusCode.NotFound, $"no upload {id}, or it was taken before");
        }

        await using Stream content = open();
        await content.CopyToAsync(call.AsByteStream(), 1 << 17, cancellationToken);
    }
}
