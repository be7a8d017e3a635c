using System.Text;
using System.Text.Json;
using Cairn.Protos.Errdefs;
using Cairn.Protos.Gateway;
using Cairn.Protos.PolicySessions;
using Cairn.Protos.Stacks;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Cairn.Wire.Errors;

/// <summary>Typed details of a status: each an <see cref="Any"/> that holds JSON.</summary>
/// <remarks>Source: wire-schema.md, "Typed errors on the wire".</remarks>
public static class ErrorDetails
{
    private const string Prefix = "github.com/moby/buildkit/";
    private const string Suffix = "+json";

    // By the name that stands in the type URL.
    private static readonly Dictionary<string, MessageDescriptor> Known = new(StringComparer.Ordinal)
    {
        ["stack.Stack"] = Stack.Descriptor,
        ["errdefs.Vertex"] = Vertex.Descriptor,
        ["errdefs.Source"] = Source.Descriptor,
        ["errdefs.Frontend"] = Frontend.Descriptor,
        ["errdefs.FrontendCap"] = FrontendCap.Descriptor,
        ["errdefs.CompatibilityFeature"] = CompatibilityFeature.Descriptor,
        ["errdefs.Subrequest"] = Subrequest.Descriptor,
        ["errdefs.Solve"] = Solve.Descriptor,
        ["errdefs.ProvenanceMaterialsIncomplete"] = ProvenanceMaterialsIncomplete.Descriptor,
        ["gatewayapi.ExitMessage"] = ExitMessage.Descriptor,
        ["policysession.DecisionResponse"] = DecisionResponse.Descriptor,
    };

    /// <summary>A detail as it travels. An <see cref="Any"/> goes as it is.</summary>
    public static Any Pack(IMessage detail)
    {
        ArgumentNullException.ThrowIfNull(detail);
        if (detail is Any any)
        {
            return any;
        }

        string name = Known.First(known => known.Value == detail.Descriptor).Key;
        ByteString json = detail is Solve
            ? ByteString.CopyFromUtf8(JsonFormatter.Default.Format(detail))   // the one with protobuf's own mapping
            : PlainJson.Write(detail);
        return new Any { TypeUrl = Prefix + name + Suffix, Value = json };
    }

    /// <summary>A detail as a message; as it came, if its type is unknown or its content is not what the type says.</summary>
    public static IMessage Unpack(Any any)
    {
        ArgumentNullException.ThrowIfNull(any);
        if (!any.TypeUrl.StartsWith(Prefix, StringComparison.Ordinal) || !any.TypeUrl.EndsWith(Suffix, StringComparison.Ordinal)
            || !Known.TryGetValue(any.TypeUrl[Prefix.Length..^Suffix.Length], out MessageDescriptor? type))
        {
            return any;
        }

        try
        {
            if (type == Solve.Descriptor)
            {
                return new JsonParser(JsonParser.Settings.Default.WithIgnoreUnknownFields(true))
                    .Parse<Solve>(Encoding.UTF8.GetString(any.Value.Span));
            }

            IMessage message = type.Parser.ParseFrom(ByteString.Empty);
            PlainJson.Read(any.Value.Memory, message);
            return message;
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidProtocolBufferException or InvalidCastException)
        {
            return any;
        }
    }
}
