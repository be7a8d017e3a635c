using Cairn.Solver.Sessions;

namespace Cairn.Daemon.Sessions;

/// <summary>Image layouts of a client. Which it has shows when they are asked.</summary>
internal sealed class RemoteLayouts(RemoteSession session) : IOciLayouts
{
    private const string StorePrefix = "oci:";

    public IOciLayout? Find(string store) => new RemoteContent(session, StorePrefix + store);
}
