using Cairn.Protos.Gateway;
using Cairn.Rpc.Calls;

namespace Cairn.Wire.Methods;

/// <summary>The bridge between a frontend and the solver.</summary>
public static class BridgeMethods
{
    /// <summary>Full name of the service.</summary>
    public const string Service = "moby.buildkit.v1.frontend.LLBBridge";

    /// <summary>Digest and configuration of an image.</summary>
    public static RpcMethod<ResolveImageConfigRequest, ResolveImageConfigResponse> ResolveImageConfig { get; } =
        ProtoMarshaller.Method($"/{Service}/ResolveImageConfig", ResolveImageConfigRequest.Parser, ResolveImageConfigResponse.Parser);

    /// <summary>What a source stands for now.</summary>
    public static RpcMethod<ResolveSourceMetaRequest, ResolveSourceMetaResponse> ResolveSourceMeta { get; } =
        ProtoMarshaller.Method($"/{Service}/ResolveSourceMeta", ResolveSourceMetaRequest.Parser, ResolveSourceMetaResponse.Parser);

    /// <summary>Solves a definition, or lets another frontend do it.</summary>
    public static RpcMethod<SolveRequest, SolveResponse> Solve { get; } =
        ProtoMarshaller.Method($"/{Service}/Solve", SolveRequest.Parser, SolveResponse.Parser);

    /// <summary>Bytes of a file of a result.</summary>
    public static RpcMethod<ReadFileRequest, ReadFileResponse> ReadFile { get; } =
        ProtoMarshaller.Method($"/{Service}/ReadFile", ReadFileRequest.Parser, ReadFileResponse.Parser);

    /// <summary>Entries of a directory of a result.</summary>
    public static RpcMethod<ReadDirRequest, ReadDirResponse> ReadDir { get; } =
        ProtoMarshaller.Method($"/{Service}/ReadDir", ReadDirRequest.Parser, ReadDirResponse.Parser);

    /// <summary>One entry of a result.</summary>
    public static RpcMethod<StatFileRequest, StatFileResponse> StatFile { get; } =
        ProtoMarshaller.Method($"/{Service}/StatFile", StatFileRequest.Parser, StatFileResponse.Parser);

    /// <summary>Has a result made now.</summary>
    public static RpcMethod<EvaluateRequest, EvaluateResponse> Evaluate { get; } =
        ProtoMarshaller.Method($"/{Service}/Evaluate", EvaluateRequest.Parser, EvaluateResponse.Parser);

    /// <summary>What the bridge can do.</summary>
    public static RpcMethod<PingRequest, PongResponse> Ping { get; } =
        ProtoMarshaller.Method($"/{Service}/Ping", PingRequest.Parser, PongResponse.Parser);

    /// <summary>The frontend's result; ends it.</summary>
    public static RpcMethod<ReturnRequest, ReturnResponse> Return { get; } =
        ProtoMarshaller.Method($"/{Service}/Return", ReturnRequest.Parser, ReturnResponse.Parser);

    /// <summary>The definitions that were given to the frontend.</summary>
    public static RpcMethod<InputsRequest, InputsResponse> Inputs { get; } =
        ProtoMarshaller.Method($"/{Service}/Inputs", InputsRequest.Parser, InputsResponse.Parser);

    /// <summary>Makes a container of results.</summary>
    public static RpcMethod<NewContainerRequest, NewContainerResponse> NewContainer { get; } =
        ProtoMarshaller.Method($"/{Service}/NewContainer", NewContainerRequest.Parser, NewContainerResponse.Parser);

    /// <summary>Ends a container.</summary>
    public static RpcMethod<ReleaseContainerRequest, ReleaseContainerResponse> ReleaseContainer { get; } =
        ProtoMarshaller.Method($"/{Service}/ReleaseContainer", ReleaseContainerRequest.Parser, ReleaseContainerResponse.Parser);

    /// <summary>Runs processes in containers: streams both ways.</summary>
    public static RpcMethod<ExecMessage, ExecMessage> ExecProcess { get; } =
        ProtoMarshaller.Method($"/{Service}/ExecProcess", ExecMessage.Parser, ExecMessage.Parser);

    /// <summary>Bytes of a file of a container.</summary>
    public static RpcMethod<ReadFileRequest, ReadFileResponse> ReadFileContainer { get; } =
        ProtoMarshaller.Method($"/{Service}/ReadFileContainer", ReadFileRequest.Parser, ReadFileResponse.Parser);

    /// <summary>Entries of a directory of a container.</summary>
    public static RpcMethod<ReadDirRequest, ReadDirResponse> ReadDirContainer { get; } =
        ProtoMarshaller.Method($"/{Service}/ReadDirContainer", ReadDirRequest.Parser, ReadDirResponse.Parser);

    /// <summary>One entry of a container.</summary>
    public static RpcMethod<StatFileRequest, StatFileResponse> StatFileContainer { get; } =
        ProtoMarshaller.Method($"/{Service}/StatFileContainer", StatFileRequest.Parser, StatFileResponse.Parser);

    /// <summary>Tells the user of something that is no failure.</summary>
    public static RpcMethod<WarnRequest, WarnResponse> Warn { get; } =
        ProtoMarshaller.Method($"/{Service}/Warn", WarnRequest.Parser, WarnResponse.Parser);
}
