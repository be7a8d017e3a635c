using Cairn.Llb;
using Cairn.Protos.Errdefs;
using Cairn.Rpc.Calls;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using GoogleStatus = Cairn.Protos.GoogleRpc.Status;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Wire.Errors;

/// <summary>An error as it travels: a code, the whole text, and typed details.</summary>
/// <param name="Code">For programs; Unknown for most.</param>
/// <param name="Message">The whole text.</param>
/// <param name="Details">
/// Messages of <c>errdefs</c> and the like, the outermost first; an <see cref="Any"/> is one whose type is not known here.
/// </param>
public sealed record ErrorStatus(StatusCode Code, string Message, IReadOnlyList<IMessage> Details)
{
    /// <summary>An error without details.</summary>
    public ErrorStatus(StatusCode code, string message)
        : this(code, message, [])
    {
    }

    /// <summary>The error of a build, with its vertex and its places in the source.</summary>
    /// <remarks>What came from another process with a status of its own keeps code and details of that.</remarks>
    public static ErrorStatus Of(BuildException error)
    {
        ArgumentNullException.ThrowIfNull(error);
        ErrorStatus? remote = StatusException.Find(error)?.Status;
        List<IMessage> details = [];
        if (error.Vertex is { } vertex && remote?.Details.OfType<Vertex>().Any() != true)
        {
            details.Add(new Vertex { Digest = vertex.ToString() });
        }

        if (remote?.Details.OfType<Source>().Any() != true)
        {
            details.AddRange(error.Sources.Select(Tell));
        }

        StatusCode code = remote?.Code ?? (error.Kind == ErrorKind.Internal ? StatusCode.Internal : StatusCode.Unknown);
        return new ErrorStatus(code, error.Message, [.. details, .. remote?.Details ?? []]);
    }

    /// <summary>As it came in the trailers of a call.</summary>
    public static ErrorStatus From(RpcStatus status)
    {
        ArgumentNullException.ThrowIfNull(status);
        if (status.Details.IsEmpty)
        {
            return new ErrorStatus(status.Code, status.Message);
        }

        try
        {
            ErrorStatus typed = From(GoogleStatus.Parser.ParseFrom(status.Details.Span));
            return typed with { Code = status.Code, Message = status.Message };
        }
        catch (InvalidProtocolBufferException)
        {
            return new ErrorStatus(status.Code, status.Message);
        }
    }

    /// <summary>As it came in a message.</summary>
    public static ErrorStatus From(GoogleStatus status)
    {
        ArgumentNullException.ThrowIfNull(status);
        return new ErrorStatus((StatusCode)status.Code, status.Message, [.. status.Details.Select(ErrorDetails.Unpack)]);
    }

    /// <summary>With one more detail, the innermost.</summary>
    public ErrorStatus With(IMessage detail) => this with { Details = [.. Details, detail] };

    /// <summary>As a message.</summary>
    public GoogleStatus ToMessage()
    {
        var status = new GoogleStatus { Code = (int)Code, Message = Message };
        status.Details.Add(Details.Select(ErrorDetails.Pack));
        return status;
    }

    /// <summary>As a call ends with it.</summary>
    public RpcStatus ToRpc() => new(Code, Message, Details.Count == 0 ? default : ToMessage().ToByteArray());

    /// <summary>As an exception, with the vertex and the places in the source that the details tell.</summary>
    public StatusException ToException()
    {
        var error = new BuildException(Code == StatusCode.Internal ? ErrorKind.Internal : ErrorKind.Input, "", "", Message);
        foreach (IMessage detail in Details)
        {
            if (detail is Vertex vertex && Digest.TryParse(vertex.Digest, out Digest digest))
            {
                error = error.WithVertex(digest);
            }
            else if (detail is Source { Info: { } file } source)
            {
                error = error.WithSource(new SourceLocation(
                    file.Filename, file.Data.Memory, [.. source.Ranges.Select(Read)], file.Language));
            }
        }

        return new StatusException(this, error);
    }

    private static Source Tell(SourceLocation location)
    {
        var source = new Source
        {
            Info = new Pb.SourceInfo
            {
                Filename = location.FileName, Data = ByteString.CopyFrom(location.Content.Span), Language = location.Language,
            },
        };
        source.Ranges.Add(location.Ranges.Select(static range => new Pb.Range
        {
            Start = new Pb.Position { Line = range.StartLine, Character = range.StartCharacter },
            End = new Pb.Position { Line = range.EndLine, Character = range.EndCharacter },
        }));
        return source;
    }

    private static SourceRange Read(Pb.Range range) =>
        new(range.Start?.Line ?? 0, range.Start?.Character ?? 0, range.End?.Line ?? 0, range.End?.Character ?? 0);
}
