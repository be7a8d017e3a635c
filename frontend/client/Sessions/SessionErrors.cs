using Cairn.Llb;
using Cairn.Rpc.Calls;
using Cairn.Wire.Errors;

namespace Cairn.Client.Sessions;

/// <summary>What went wrong here, as the daemon is told it.</summary>
internal static class SessionErrors
{
    public static RpcStatus? Describe(Exception error) => error is BuildException build ? ErrorStatus.Of(build).ToRpc() : null;
}
