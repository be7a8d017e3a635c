using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Protos.Pb;
using Cairn.Solver.Execution;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Ops;

/// <summary>Runs one process on its mounts; what it wrote becomes the results.</summary>
/// <remarks>Source: llb-semantics.md, section 7.</remarks>
internal sealed class ExecVertexOp(ExecOp exec, LogLimits logLimits) : IOp
{
    public Task<CacheMap> CacheMapAsync(OpContext context, int index, CancellationToken cancellationToken) =>
        Task.FromResult(ExecCacheMap.Of(context.Vertex));

    public async Task<IReadOnlyList<ImmutableRef?>> ExecuteAsync(
        OpContext context, IReadOnlyList<ImmutableRef?> inputs, CancellationToken cancellationToken)
    {
        using var mounts = new ExecMounts(context, exec, inputs);
        await mounts.OpenAsync(cancellationToken);
        Emulator? emulator = Emulator.For(context.Vertex.Platform);
        Meta meta = exec.Meta;
        var request = new ExecRequest
        {
            RootPath = mounts.RootPath,
            IsReadOnlyRoot = mounts.IsReadOnlyRoot,
            Mounts = emulator is null ? mounts.Mounts : [.. mounts.Mounts, emulator.Mount],
            Arguments = emulator is null ? meta.Args : [Emulator.Path, .. meta.Args],
            Environment = await ExecEnvironment.OfAsync(exec, context.Sessions, cancellationToken),
            WorkingDirectory = ExecPaths.WorkingDirectory(meta),
            User = meta.User,
            HostName = meta.Hostname,
            ExtraHosts = meta.ExtraHosts,
            Network = exec.Network,
            Security = exec.Security,
            Ulimits = meta.Ulimit,
            CgroupParent = meta.CgroupParent,
            Resources = context.Limits,
            RemovesStubsRecursively = meta.RemoveMountStubsRecursive,
        };
        var output = new StepLog(context.Progress, logLimits, context.Services.Clock);
        ExecExit exit = await context.Services.Executor.RunAsync(request, output, cancellationToken);
        if (!(meta.ValidExitCodes.Count == 0 ? exit.Code == 0 : meta.ValidExitCodes.Contains(exit.Code)))
        {
            output.FlushKept();
            throw Failure(exit);
        }

        return await mounts.CommitAsync(cancellationToken);
    }

    private BuildException Failure(ExecExit exit)
    {
        string process = QuotedText.Quote(string.Join(' ', exec.Meta.Args));
        string memory = exit.WasOutOfMemory ? ": cannot allocate memory" : "";
        string reason = $"process {process} did not complete successfully: exit code: {exit.Code}{memory}";

        // A limit belongs to the build that set it; an exit code belongs to the work.
        return exit.WasOutOfMemory
            ? new ClientFaultException(ErrorKind.Input, "", "", reason)
            : new BuildException(ErrorKind.Input, "", "", reason);
    }
}
