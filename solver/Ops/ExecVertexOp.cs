using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Protos.Pb;
using Cairn.Solver.Debugging;
using Cairn.Solver.Execution;
using Cairn.Solver.History;
using Cairn.Solver.Sessions;
using Microsoft.Extensions.Logging;

namespace Cairn.Solver.Ops;

/// <summary>Runs one process on its mounts; what it wrote becomes the results.</summary>
/// <remarks>Source: llb-semantics.md, section 7.</remarks>
internal sealed class ExecVertexOp(ExecOp exec, LogLimits logLimits, bool keepsFailures) : IOp
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
            MostProcesses = context.MostProcesses,
            RemovesStubsRecursively = meta.RemoveMountStubsRecursive,
        };
        var output = new StepLog(context.Progress, logLimits, context.Services.Clock);
        ExecExit exit = await context.Services.Executor.RunAsync(request, output, cancellationToken);
        if (!(meta.ValidExitCodes.Count == 0 ? exit.Code == 0 : meta.ValidExitCodes.Contains(exit.Code)))
        {
            output.FlushKept();
            var failure = new ProcessFailedException(string.Join(' ', meta.Args), exit, await KeepAsync(context, mounts, cancellationToken));

            // A limit belongs to the build that set it; an exit code belongs to the work. Nothing tells whether a process could not be started.
            throw exit.WasOutOfMemory || context.MostProcesses is not null ? new ClientFaultException(ErrorKind.Input, "", "", failure.Message, inner: failure) : failure;
        }

        return await mounts.CommitAsync(cancellationToken);
    }

    // What cannot be kept is not there to look at; the failure itself is what counts.
    private async Task<IReadOnlyList<KeptFilesystem>> KeepAsync(OpContext context, ExecMounts mounts, CancellationToken cancellationToken)
    {
        try
        {
            return keepsFailures ? await mounts.KeepAsync(cancellationToken) : [];
        }
        catch (Exception e) when (e is BuildException or IOException or UnauthorizedAccessException)
        {
            context.Services.Loggers.CreateLogger<ExecVertexOp>().StepNotKept(context.Vertex.Name, e);
            return [];
        }
    }
}
