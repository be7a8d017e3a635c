using System.Collections.Concurrent;
using Cairn.Llb;
using Cairn.Protos.Gateway;
using Cairn.Rpc.Calls;
using Cairn.Solver;
using Cairn.Solver.Containers;
using Cairn.Solver.Execution;
using Cairn.Wire.Errors;
using Google.Protobuf;
using Errdefs = Cairn.Protos.Errdefs;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Gateway.Bridge;

/// <remarks>Source: gateway.md, section 5.</remarks>
public sealed partial class ServedFrontend
{
    private readonly ConcurrentDictionary<string, Task<BuildContainer>> _containers = new(StringComparer.Ordinal);

    internal async Task<NewContainerResponse> NewContainerAsync(NewContainerRequest request, CancellationToken cancellationToken)
    {
        var container = new ContainerRequest
        {
            Mounts = [.. request.Mounts.Select(mount => new ContainerMount(Plain(mount), _results.FindFiles(mount.ResultID)))],
            Network = request.Network,
            Platform = request.Platform is null ? null : Platform.From(request.Platform),
            ExtraHosts = request.ExtraHosts,
            HostName = request.Hostname,
        };
        var opened = new TaskCompletionSource<BuildContainer>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_containers.TryAdd(request.ContainerID, opened.Task))
        {
            throw new RpcException(StatusCode.AlreadyExists, $"container {request.ContainerID} already exists");
        }

        try
        {
            opened.SetResult(await _bridge.OpenContainerAsync(container, cancellationToken));
        }
        catch (Exception e)
        {
            _containers.TryRemove(request.ContainerID, out _);
            opened.SetException(e);
            _ = opened.Task.Exception;   // told to the caller here; others may have waited or not
            throw;
        }

        return new NewContainerResponse();
    }

    internal async Task<ReleaseContainerResponse> ReleaseContainerAsync(ReleaseContainerRequest request)
    {
        if (!_containers.TryRemove(request.ContainerID, out Task<BuildContainer>? container))
        {
            throw NoContainer(request.ContainerID);
        }

        await (await container).DisposeAsync();
        return new ReleaseContainerResponse();
    }

    internal async Task<ReadFileResponse> ReadFileOfContainerAsync(ReadFileRequest request, CancellationToken cancellationToken)
    {
        BuildContainer container = await FindContainerAsync(request.Ref);
        byte[] content = await container.ReadFileAsync(request.MountIndex, request.FilePath, cancellationToken) ?? throw NoFile("open", request.FilePath);
        return new ReadFileResponse { Data = UnsafeByteOperations.UnsafeWrap(content) };
    }

    internal async Task<ReadDirResponse> ReadDirectoryOfContainerAsync(ReadDirRequest request, CancellationToken cancellationToken)
    {
        BuildContainer container = await FindContainerAsync(request.Ref);
        IReadOnlyList<ResultEntry> entries = await Task.Run(() => container.ReadDirectory(request.MountIndex, request.DirPath), cancellationToken)
            ?? throw NoFile("open", request.DirPath);
        return new ReadDirResponse { Entries = { entries.Select(StatMessages.Of) } };
    }

    internal async Task<StatFileResponse> StatInContainerAsync(StatFileRequest request)
    {
        BuildContainer container = await FindContainerAsync(request.Ref);
        return new StatFileResponse { Stat = StatMessages.Of(container.Stat(request.MountIndex, request.Path) ?? throw NoFile("lstat", request.Path)) };
    }

    internal async Task ExecAsync(MessageSource<ExecMessage> requests, MessageSink<ExecMessage> responses, CancellationToken cancellationToken)
    {
        await using var processes = new ExecStream(FindContainerAsync, responses, ErrorOf, TimeProvider.System);
        await processes.RunAsync(requests, cancellationToken);
    }

    /// <summary>An error with all that clients use: place, exit code, and the files of the step that failed. Null if it is complete.</summary>
    private StatusException? Describe(BuildException error)
    {
        if (StatusException.Find(error) is not null || _bridge.FindFailure(error) is not { } failed)
        {
            return null;
        }

        ErrorStatus status = ErrorStatus.Of(error);
        if (ProcessFailedException.Find(error) is { } process)
        {
            status = status.With(new ExitMessage { Code = (uint)process.ExitCode });
        }

        var detail = new Errdefs.Solve { Op = failed.Op, InputIDs = { failed.Inputs.Select(_results.Add) }, MountIDs = { failed.Mounts.Select(_results.Add) } };
        foreach ((string key, string value) in failed.Description)
        {
            detail.Description[key] = value;
        }

        return status.With(detail).ToException();
    }

    /// <summary>What is told of an error of a call.</summary>
    internal ErrorStatus ErrorOf(Exception error) => error switch
    {
        BuildException build => Describe(build)?.Status ?? ErrorStatus.Of(build),
        RpcException call => ErrorStatus.From(call.Status),
        OperationCanceledException => new ErrorStatus(StatusCode.Cancelled, "context canceled"),
        _ => new ErrorStatus(StatusCode.Unknown, error.Message),
    };

    private Task<BuildContainer> FindContainerAsync(string id) => _containers.GetValueOrDefault(id) ?? throw NoContainer(id);

    private async Task ReleaseAllAsync()
    {
        foreach (string id in _containers.Keys)
        {
            if (_containers.TryRemove(id, out Task<BuildContainer>? container))
            {
                await ((Task)container).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (container.IsCompletedSuccessfully)
                {
                    await container.Result.DisposeAsync();
                }
            }
        }
    }

    // What a container takes of a mount.
    private static Pb.Mount Plain(Pb.Mount mount) => new()
    {
        Dest = mount.Dest, Selector = mount.Selector, Readonly = mount.Readonly, MountType = mount.MountType,
        CacheOpt = mount.CacheOpt, SecretOpt = mount.SecretOpt, SSHOpt = mount.SSHOpt,
    };

    private static RpcException NoContainer(string id) => new(StatusCode.NotFound, $"container {id} not found");
}
