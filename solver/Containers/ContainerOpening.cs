using Cairn.Cache;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Llb.Graphs;
using Cairn.Protos.Pb;
using Cairn.Snapshotter.Trees;
using Cairn.Solver.Jobs;
using Cairn.Solver.Ops;
using Cairn.Solver.Progress;
using Cairn.Solver.Sessions;
using Google.Protobuf;

namespace Cairn.Solver.Containers;

/// <summary>Makes containers of one build: gets their files and mounts them.</summary>
internal static class ContainerOpening
{
    private const int MostAttempts = 3;

    /// <summary>A container with its mounts in place; nothing runs yet.</summary>
    /// <exception cref="BuildException">A result cannot be made or mounted, or the mounts make no sense.</exception>
    public static async Task<BuildContainer> OpenAsync(
        ContainerRequest request, BuildJob job, BuildEngine engine, ISessionGroup sessions, CancellationToken cancellationToken)
    {
        ExecOp exec = Describe(request);
        for (int attempt = 1; ; attempt++)
        {
            var delivered = new List<Delivered>();
            try
            {
                return await OpenAsync(exec, request, job, engine, sessions, delivered, cancellationToken);
            }
            catch (ResultLostException) when (attempt < MostAttempts)
            {
                delivered.ForEach(one => engine.Scheduler.Lose(one.Id));   // made again by the next attempt
            }
            finally
            {
                delivered.ForEach(static one => one.Dispose());
            }
        }
    }

    private static async Task<BuildContainer> OpenAsync(
        ExecOp exec, ContainerRequest request, BuildJob job, BuildEngine engine, ISessionGroup sessions, List<Delivered> delivered,
        CancellationToken cancellationToken)
    {
        var files = new List<ImmutableRef?>();
        ExecMounts? mounts = null;
        try
        {
            foreach (ContainerMount mount in request.Mounts)
            {
                files.Add(await FilesAsync(mount.Files, job, engine, delivered, cancellationToken));
            }

            Llb.Graphs.Vertex vertex = Vertex();
            var channel = new VertexChannel(vertex.Digest, engine.Services.Clock);
            channel.Join(job.Progress);
            var context = new OpContext(
                vertex, engine.Services.Cache, sessions, channel, new RefContext(engine.Services.Fetchers.For(sessions), channel), engine.Services, engine);
            mounts = new ExecMounts(context, exec, files);
            await mounts.OpenAsync(cancellationToken);
            return new BuildContainer(context, request, job.Entitlements, exec, mounts, files);
        }
        catch
        {
            mounts?.Dispose();
            files.ForEach(static one => one?.Dispose());
            throw;
        }
    }

    private static async Task<ImmutableRef?> FilesAsync(
        ResultHandle? handle, BuildJob job, BuildEngine engine, List<Delivered> delivered, CancellationToken cancellationToken)
    {
        if (handle?.Solved is { } solved)
        {
            Delivered one = await job.WantAsync(solved.Edge, cancellationToken);
            delivered.Add(one);
            return one.Ref?.Clone();
        }

        return handle?.Kept is not { } kept ? null : engine.Services.Cache.Refs.TryGet(kept) ?? throw new BuildException(
            ErrorKind.Environment, "open", "what a failed step left", "its files were removed meanwhile", "Build again: the step fails again, and is kept again.");
    }

    // The mounts as an op has them, each with an input of its own.
    private static ExecOp Describe(ContainerRequest request)
    {
        var exec = new ExecOp { Meta = new Meta { Cwd = TreePath.Root } };
        for (int i = 0; i < request.Mounts.Count; i++)
        {
            Mount mount = request.Mounts[i].Mount.Clone();
            mount.Input = request.Mounts[i].Files is null ? -1 : i;
            mount.Output = -1;
            exec.Mounts.Add(mount);
        }

        Mount[] roots = [.. exec.Mounts.Where(mount => ExecPaths.Destination(exec.Meta, mount) == TreePath.Root)];
        return roots switch
        {
            [{ MountType: MountType.Bind }] => exec,
            [_] => throw new BuildException(ErrorKind.Input, "", "", "the root of a container must be a bind mount"),
            [] => throw new BuildException(ErrorKind.Input, "", "", "the container has no mount for its root"),
            _ => throw new BuildException(ErrorKind.Input, "", "", "the container has more than one mount for its root"),
        };
    }

    // What the container is shown as where an op's vertex would be; no build has it.
    private static Llb.Graphs.Vertex Vertex()
    {
        var source = new Op { Source = new SourceOp { Identifier = "container://" + Guid.NewGuid().ToString("N") } };
        ByteString bytes = source.ToByteString();
        var terminal = new Op { Inputs = { new Input { Digest = Digest.Sha256(bytes.Span).ToString() } } };
        return LlbGraph.Load(new Definition { Def = { bytes, terminal.ToByteString() } }).Terminal!.Value.Vertex;
    }
}
