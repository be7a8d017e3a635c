namespace Cairn.Rpc.Server;

/// <summary>Serves one call. What it throws becomes the status; its token is cancelled when the caller gives up, is gone, or the deadline has passed.</summary>
public delegate Task ServerHandler(ServerCall call, CancellationToken cancellationToken);
