using Cairn.Llb;
using Cairn.Protos.Gateway;
using Cairn.Rpc.Calls;
using Cairn.Solver.Execution;
using Cairn.Wire.Errors;

namespace Cairn.Daemon.Control;

/// <summary>What clients are told of a failure.</summary>
/// <remarks>Source: wire-schema.md, "Typed errors on the wire".</remarks>
internal static class Failures
{
    private const string Canceled = "context canceled";

    /// <summary>A failure as a status with the details that stock clients print: vertex, places in the source, exit code.</summary>
    public static ErrorStatus Describe(Exception error)
    {
        switch (error)
        {
            case RpcException call:
                return ErrorStatus.From(call.Status);
            case OperationCanceledException:
                return new ErrorStatus(StatusCode.Cancelled, Canceled);
            case BuildException build:
                ErrorStatus status = ErrorStatus.Of(build);
                return ProcessFailedException.Find(build) is { } process && !status.Details.OfType<ExitMessage>().Any()
                    ? status.With(new ExitMessage { Code = (uint)process.ExitCode })
                    : status;
            default:
                return new ErrorStatus(StatusCode.Unknown, error.Message);
        }
    }
}
