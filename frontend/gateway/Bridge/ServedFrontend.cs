using Cairn.Llb;
using Cairn.Llb.Matching;
using Cairn.Protos.Gateway;
using Cairn.Rpc.Calls;
using Cairn.Solver;
using Cairn.Solver.Progress;
using Cairn.Solver.Remote;
using Cairn.Solver.Sources;
using Cairn.Wire.Errors;
using Google.Protobuf;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Gateway.Bridge;

/// <summary>One frontend at the other end of a connection: answers its calls, and knows what it returned.</summary>
/// <remarks>Source: gateway.md, section 4.</remarks>
public sealed partial class ServedFrontend : IAsyncDisposable
{
    private const int WarningLevel = 1;

    private readonly IFrontendBridge _bridge;
    private readonly FrontendCatalogue _catalogue;
    private readonly IReadOnlyDictionary<string, Pb.Definition> _inputs;
    private readonly ResultMessages _results = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly TaskCompletionSource<FrontendSolve> _returned = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Begins to serve a frontend.</summary>
    /// <param name="bridge">The build's way to the solver.</param>
    /// <param name="catalogue">Frontends that this one may ask in turn.</param>
    /// <param name="inputs">Definitions that were given to it.</param>
    public ServedFrontend(IFrontendBridge bridge, FrontendCatalogue catalogue, IReadOnlyDictionary<string, Pb.Definition> inputs)
    {
        _bridge = bridge;
        _catalogue = catalogue;
        _inputs = inputs;
    }

    /// <summary>What the frontend has returned; fails with the error that it returned. Completes at its Return.</summary>
    public Task<FrontendSolve> Returned => _returned.Task;

    /// <summary>Ends the calls that are open, and what the frontend has left running.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await ReleaseAllAsync();
        _returned.TrySetCanceled();
    }

    /// <summary>Carries out one call; it ends with the frontend.</summary>
    internal async Task<T> WhileServedAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ended.Token);
        try
        {
            return await call(both.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RpcException(StatusCode.Cancelled, "the build has ended", e);
        }
        catch (BuildException e) when (Describe(e) is { } described)
        {
            throw described;
        }
    }

    internal Task<PongResponse> PingAsync() => Task.FromResult(new PongResponse
    {
        FrontendAPICaps = { BridgeCapabilities.OfFrontends },
        LLBCaps = { BridgeCapabilities.OfDefinitions },
        Workers = { _catalogue.Workers(_bridge) },
    });

    internal Task<InputsResponse> InputsAsync()
    {
        var response = new InputsResponse();
        foreach ((string name, Pb.Definition definition) in _inputs)
        {
            response.Definitions[name] = definition;
        }

        return Task.FromResult(response);
    }

    internal async Task<SolveResponse> SolveAsync(SolveRequest request, CancellationToken cancellationToken)
    {
        bool hasDefinition = request.Definition is { Def.Count: > 0 };
        if (hasDefinition && request.Frontend.Length > 0)
        {
            throw new BuildException(ErrorKind.Input, "", "", "cannot solve with both Definition and Frontend specified");
        }

        if (request.SourcePolicies.Any(static policy => policy.Rules.Count > 0))
        {
            // A rule that is not kept is no rule.
            throw new BuildException(ErrorKind.Input, "", "", "source policies are not supported", "Build without a source policy.");
        }

        _bridge.ImportCaches([.. request.CacheImports.Select(static entry => new CacheSpec(entry.Type, entry.Attrs.ToDictionary(StringComparer.Ordinal)))]);
        FrontendSolve solve;
        if (request.Frontend.Length > 0)
        {
            IFrontend frontend = _catalogue.Find(request.Frontend, request.FrontendInputs.ToDictionary(StringComparer.Ordinal));
            solve = await frontend.SolveAsync(_bridge, request.FrontendOpt.ToDictionary(StringComparer.Ordinal), cancellationToken);
            if (request.Evaluate)
            {
                await Task.WhenAll(solve.Platforms.Where(static platform => platform.Ref is not null)
                    .Select(platform => _bridge.EvaluateAsync(platform.Ref!, cancellationToken)));
            }
        }
        else
        {
            SolvedRef? solved = hasDefinition ? await _bridge.SolveAsync(request.Definition!, new SolveOptions(request.Evaluate), cancellationToken) : null;
            solve = new FrontendSolve([new PlatformRef("", Platform: null, solved)], IsMultiPlatform: false, new Dictionary<string, byte[]>(StringComparer.Ordinal));
        }

        if (request.Final)
        {
            ReturnAtOnce(solve, request.ExporterAttr);
        }

        if (request.AllowResultReturn)
        {
            return new SolveResponse { Result = _results.Write(solve, request.AllowResultArrayRef) };
        }

        return solve.IsMultiPlatform
            ? throw new BuildException(ErrorKind.Input, "", "", "solve did not return default result")
            : new SolveResponse { Ref = _results.Add(solve.Platforms.Count > 0 ? solve.Platforms[0].Ref : null) };
    }

    internal async Task<EvaluateResponse> EvaluateAsync(EvaluateRequest request, CancellationToken cancellationToken)
    {
        if (request.Ref.Length > 0)
        {
            await _bridge.EvaluateAsync(_results.Find(request.Ref), cancellationToken);
        }

        return new EvaluateResponse();
    }

    internal async Task<ReadFileResponse> ReadFileAsync(ReadFileRequest request, CancellationToken cancellationToken)
    {
        ByteRange range = request.Range is { } part ? new ByteRange(part.Offset, part.Length) : ByteRange.Whole;
        byte[] content = await _bridge.ReadFileAsync(_results.Find(request.Ref), request.FilePath, range, cancellationToken) ?? throw NoFile("open", request.FilePath);
        return new ReadFileResponse { Data = UnsafeByteOperations.UnsafeWrap(content) };
    }

    internal async Task<ReadDirResponse> ReadDirectoryAsync(ReadDirRequest request, CancellationToken cancellationToken)
    {
        IReadOnlyList<ResultEntry> entries = await _bridge.ReadDirectoryAsync(_results.Find(request.Ref), request.DirPath, cancellationToken)
            ?? throw NoFile("open", request.DirPath);
        var filter = new PatternMatcher(request.IncludePattern.Length > 0 ? [request.IncludePattern] : []);
        return new ReadDirResponse { Entries = { entries.Where(entry => filter.IsEmpty || filter.IsMatch(entry.Name)).Select(StatMessages.Of) } };
    }

    internal async Task<StatFileResponse> StatAsync(StatFileRequest request, CancellationToken cancellationToken)
    {
        ResultEntry entry = await _bridge.StatAsync(_results.Find(request.Ref), request.Path, cancellationToken) ?? throw NoFile("lstat", request.Path);
        return new StatFileResponse { Stat = StatMessages.Of(entry) };
    }

    internal async Task<ResolveImageConfigResponse> ResolveImageConfigAsync(ResolveImageConfigRequest request, CancellationToken cancellationToken)
    {
        const int FromLayout = 1;
        ResolvedImageConfig resolved = await _bridge.ResolveImageConfigAsync(
            new ImageConfigRequest(request.ResolverType == FromLayout ? request.Ref : ImageReference.Parse(request.Ref).ToString())
            {
                Platform = Platform.From(request.Platform),
                ResolveMode = request.ResolveMode.Length > 0 ? request.ResolveMode : "default",
                LogName = request.LogName.Length > 0 ? request.LogName : null,
                LayoutStore = request.ResolverType == FromLayout ? request.StoreID : null,
                LayoutSession = request.SessionID.Length > 0 ? request.SessionID : null,
            },
            cancellationToken);
        return new ResolveImageConfigResponse
        {
            Digest = resolved.Digest.ToString(), Config = UnsafeByteOperations.UnsafeWrap(resolved.Config), Ref = resolved.Reference,
        };
    }

    internal Task<WarnResponse> WarnAsync(WarnRequest request)
    {
        SourceLocation? source = request.Info is null ? null : new SourceLocation(
            request.Info.Filename,
            request.Info.Data.ToByteArray(),
            [.. request.Ranges.Select(static range => new SourceRange(range.Start.Line, range.Start.Character, range.End.Line, range.End.Character))],
            request.Info.Language);
        var warning = new BuildWarning(
            request.Level == 0 ? WarningLevel : (int)request.Level,
            request.Short.ToStringUtf8(),
            [.. request.Detail.Select(static line => line.ToStringUtf8())],
            request.Url.Length > 0 ? request.Url : null,
            source);
        if (!Digest.TryParse(request.Digest, out Digest vertex))
        {
            throw new RpcException(StatusCode.InvalidArgument, $"\"{request.Digest}\" is no digest of a vertex");
        }

        _bridge.Warn(vertex, warning);
        return Task.FromResult(new WarnResponse());
    }

    internal Task<ReturnResponse> ReturnAsync(ReturnRequest request)
    {
        bool isSet = (request.Error, request.Result) switch
        {
            ({ } error, null) => _returned.TrySetException(ErrorStatus.From(error).ToException()),
            (null, { } result) => _returned.TrySetResult(_results.Read(result)),
            _ => throw new RpcException(StatusCode.InvalidArgument, "a return has either a result or an error"),
        };
        return isSet ? Task.FromResult(new ReturnResponse()) : throw new RpcException(StatusCode.Unknown, "gateway result is already set");
    }

    // The oldest form of returning: the metadata are JSON, its values base64.
    private void ReturnAtOnce(FrontendSolve solve, ByteString attributes)
    {
        var metadata = new Dictionary<string, byte[]>(solve.Metadata, StringComparer.Ordinal);
        if (!attributes.IsEmpty)
        {
            try
            {
                foreach ((string key, byte[] value) in System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, byte[]>>(attributes.Span) ?? [])
                {
                    metadata[key] = value;
                }
            }
            catch (System.Text.Json.JsonException e)
            {
                throw new BuildException(ErrorKind.Input, "read", "ExporterAttr", "it is no JSON map of base64 values", remedy: null, e);
            }
        }

        if (!_returned.TrySetResult(solve with { Metadata = metadata }))
        {
            throw new RpcException(StatusCode.Unknown, "gateway result is already set");
        }
    }

    private static BuildException NoFile(string call, string path) => new(ErrorKind.Input, "", "", $"{call} {path}: no such file or directory");
}
