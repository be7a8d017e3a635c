using Cairn.Rpc.Calls;
using Cairn.Wire.Headers;
using Cairn.Wire.Methods;

namespace Cairn.Daemon.Sessions;

/// <summary>Streams that a client offers under an address, such as a context that it reads from its standard input.</summary>
/// <remarks>Source: session.md, section 17.</remarks>
internal static class RemoteUpload
{
    /// <summary>Begins to pull; null if the client offers nothing there. Its later failures are <see cref="IOException"/>.</summary>
    public static async Task<Stream?> OpenAsync(RemoteSession session, Uri address, CancellationToken cancellationToken)
    {
        try
        {
            var headers = new Metadata { { HeaderNames.UploadPath, address.AbsolutePath }, { HeaderNames.UploadHost, address.Host } };
            var call = await session.BeginAsync(UploadMethods.Pull, headers, cancellationToken);
            try
            {
                // The answer's headers come when the client has found the stream; a refusal comes without.
                await call.ReadHeadersAsync(cancellationToken);
                return new CallStream<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>(call);
            }
            catch
            {
                await call.DisposeAsync();
                throw;
            }
        }
        catch (RpcException e) when (e.Status.Code is StatusCode.Unimplemented or StatusCode.NotFound)
        {
            return null;
        }
        catch (RpcException e)
        {
            throw await session.FaultAsync(e, "read upload", address.ToString());
        }
    }
}
