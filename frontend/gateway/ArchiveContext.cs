using Cairn.Llb.Building;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Gateway;

/// <summary>A build context that came as a tar archive (compressed or not) in one file of a client's directory: it is unpacked by a step of the build.</summary>
public static class ArchiveContext
{
    /// <summary>The unpacked archive as a definition.</summary>
    /// <param name="localName">Name of the directory in the session.</param>
    /// <param name="file">The archive in it.</param>
    /// <param name="sessionId">Session of the client.</param>
    public static Pb.Definition Define(string localName, string file, string sessionId)
    {
        State archive = State.Local(
            localName,
            new LocalOptions { SessionId = sessionId, SharedKeyHint = localName, FollowPaths = [file] },
            new VertexOptions { CustomName = "[internal] load build context from the standard input" });
        State tree = State.Scratch.File(
            FileActions.None.Copy(archive, "/" + file, "/", new CopyOptions { AttemptUnpack = true, CreateDestinationPath = true }),
            new VertexOptions { CustomName = "[internal] unpack build context" });
        return tree.Marshal();
    }
}
