using Cairn.Rpc.Calls;
using Cairn.Snapshotter.Locals;
using Cairn.Solver.Sessions;
using Cairn.Wire.Headers;
using Cairn.Wire.Methods;

namespace Cairn.Daemon.Sessions;

/// <summary>One directory of a client, received over its tunnel.</summary>
/// <remarks>Source: session.md, section 7.</remarks>
internal sealed class RemoteFiles(RemoteSession session, string name) : ISentFiles
{
    public string SharedKey => session.SharedKey;

    public async Task<bool> ReceiveAsync(LocalFilter filter, ISentFilesReceiver receiver, CancellationToken cancellationToken)
    {
        var headers = new Metadata();
        TextHeaders.AddTo(headers, HeaderNames.DirectoryName, [name]);
        TextHeaders.AddTo(headers, HeaderNames.IncludePatterns, filter.Include);
        TextHeaders.AddTo(headers, HeaderNames.ExcludePatterns, filter.Exclude);
        TextHeaders.AddTo(headers, HeaderNames.FollowPaths, filter.FollowPaths);
        try
        {
            await using var call = await session.BeginAsync(FileSyncMethods.DiffCopy, headers, cancellationToken);
            using var transfer = new FileTransfer(call, receiver, reason => session.Misbehaviour("receive local source", name, reason));
            return await transfer.RunAsync(cancellationToken);
        }
        catch (RpcException e)
        {
            throw await session.FaultAsync(e, "receive local source", name);
        }
    }
}
