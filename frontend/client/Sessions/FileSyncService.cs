using Cairn.Rpc.Calls;
using Cairn.Rpc.Server;
using Cairn.Snapshotter.Locals;
using Cairn.Snapshotter.Trees;
using Cairn.Wire.Files;
using Cairn.Wire.Headers;
using Cairn.Wire.Methods;

namespace Cairn.Client.Sessions;

/// <summary>Sends directories to the daemon.</summary>
internal sealed class FileSyncService(IReadOnlyDictionary<string, LocalDirectory> directories)
{
    public void AddTo(RpcServices services) => services.AddDuplex(FileSyncMethods.DiffCopy, SendAsync);

    private async Task SendAsync(
        MessageSource<FilePacket> requests, MessageSink<FilePacket> packets, ServerCall call, CancellationToken cancellationToken)
    {
        string name = TextHeaders.ReadFrom(call.RequestHeaders, HeaderNames.DirectoryName) is [var first, ..] ? first : "";
        if (!directories.TryGetValue(name, out LocalDirectory? directory))
        {
            throw new RpcException(StatusCode.NotFound, $"no access allowed to dir \"{name}\"");
        }

        var filter = new LocalFilter(
            TextHeaders.ReadFrom(call.RequestHeaders, HeaderNames.IncludePatterns),
            TextHeaders.ReadFrom(call.RequestHeaders, HeaderNames.ExcludePatterns),
            TextHeaders.ReadFrom(call.RequestHeaders, HeaderNames.FollowPaths));
        using RootedTree tree = RootedTree.Open(directory.Path);
        await PacketSender.SendAsync(
            LocalWalk.Entries(tree, filter, directory.KeepOwners, cancellationToken).ToAsyncEnumerable(),
            path => tree.OpenRead("/" + path), requests, packets, cancellationToken);
    }
}
