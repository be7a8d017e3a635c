using Cairn.Rpc.Calls;
using Cairn.Wire.Headers;
using Cairn.Wire.Methods;

namespace Cairn.Daemon.Sessions;

/// <summary>Streams that a client offers under an address, such as a context that it reads from its standard input.</summary>
/// <remarks>Source: session.md, section 17.</remarks>
internal static class RemoteUpload
{
    /// <summary>Begins to pull. Whether the client offers anything there shows when it is read: failures of reading are <see cref="IOException"/>.</summary>
    public static async Task<Stream?> OpenAsync(RemoteSession session, Uri address, CancellationToken cancellationToken)
    {
        try
        {
            var headers = new Metadata { { HeaderNames.UploadPath, address.AbsolutePath }, { HeaderNames.UploadHost, address.Host } };
            return new CallStream<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>(await session.BeginAsync(UploadMethods.Pull, headers, cancellationToken));
        }
        catch (RpcException e)
        {
            throw await session.FaultAsync(e, "read upload", address.ToString());
        }
    }
}
