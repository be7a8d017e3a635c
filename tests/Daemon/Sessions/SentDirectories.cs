using System.Collections.Concurrent;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Server;
using Cairn.Snapshotter.Locals;
using Cairn.Snapshotter.Trees;
using Cairn.Wire.Files;
using Cairn.Wire.Headers;
using Cairn.Wire.Methods;

namespace Cairn.Daemon.Tests.Sessions;

/// <summary>FileSync of a client that offers directories of this machine.</summary>
internal sealed class SentDirectories
{
    private readonly Dictionary<string, string> _directories = new(StringComparer.Ordinal);
    private int _transfers;

    public SentDirectories(params (string Name, string Path)[] directories)
    {
        foreach ((string name, string path) in directories)
        {
            _directories.Add(name, path);
        }

        Services.AddDuplex(FileSyncMethods.DiffCopy, SendAsync);
    }

    public RpcServices Services { get; } = new();

    /// <summary>Paths of files that were read, since it was cleared.</summary>
    public ConcurrentQueue<string> Read { get; } = new();

    /// <summary>Names of directories that were asked for.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public LocalFilter? Filter { get; private set; }

    /// <summary>What came beside the messages.</summary>
    public Metadata? Headers { get; private set; }

    public int Transfers => _transfers;

    private async Task SendAsync(
        MessageSource<FilePacket> requests, MessageSink<FilePacket> packets, ServerCall call, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _transfers);
        Headers = call.RequestHeaders;
        string name = TextHeaders.ReadFrom(call.RequestHeaders, HeaderNames.DirectoryName)[0];
        Asked.Enqueue(name);
        if (!_directories.TryGetValue(name, out string? path))
        {
            throw new RpcException(StatusCode.NotFound, $"no access allowed to dir \"{name}\"");
        }

        Filter = new LocalFilter(
            TextHeaders.ReadFrom(call.RequestHeaders, HeaderNames.IncludePatterns),
            TextHeaders.ReadFrom(call.RequestHeaders, HeaderNames.ExcludePatterns),
            TextHeaders.ReadFrom(call.RequestHeaders, HeaderNames.FollowPaths));
        using RootedTree tree = RootedTree.Open(path);
        await PacketSender.SendAsync(
            LocalWalk.Entries(tree, Filter, keepOwners: false, cancellationToken).ToAsyncEnumerable(),
            file =>
            {
                Read.Enqueue(file);
                return tree.OpenRead("/" + file);
            },
            requests,
            packets,
            cancellationToken);
    }
}
