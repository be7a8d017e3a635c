using System.Globalization;
using System.Text;
using Cairn.Rpc.Hpack;

namespace Cairn.Rpc.Calls;

/// <summary>The header fields that make HTTP/2 a call: timeout, status, message.</summary>
/// <remarks>Source: gRPC, PROTOCOL-HTTP2.md.</remarks>
internal static class CallFields
{
    public const string ContentType = "application/grpc";
    public const string AcceptedEncodings = "identity,gzip";

    /// <summary>Longest deadline that is kept; timers know no longer ones.</summary>
    public static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(40);

    public static readonly HeaderField ContentTypeField = new("content-type", ContentType);
    public static readonly HeaderField AcceptField = new("grpc-accept-encoding", AcceptedEncodings);

    public static bool IsContentType(string? contentType) =>
        contentType is not null && contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == ContentType.Length || contentType[ContentType.Length] is '+' or ';');

    /// <summary>At most eight digits and a unit.</summary>
    public static string FormatTimeout(TimeSpan timeout)
    {
        long microseconds = Math.Max(0, timeout.Ticks / TimeSpan.TicksPerMicrosecond);
        (long value, char unit) = microseconds switch
        {
            < 100_000_000 => (microseconds, 'u'),
            < 100_000_000_000 => (microseconds / 1000, 'm'),
            _ => (Math.Min(microseconds / 1_000_000, 99_999_999), 'S'),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{value}{unit}");
    }

    /// <returns>Null if it is malformed; never more than <see cref="LongestTimeout"/>.</returns>
    public static TimeSpan? ParseTimeout(string text)
    {
        if (text.Length is < 2 or > 9 || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out long value))
        {
            return null;
        }

        double ticks = text[^1] switch
        {
            'H' => (double)value * TimeSpan.TicksPerHour,
            'M' => (double)value * TimeSpan.TicksPerMinute,
            'S' => value * TimeSpan.TicksPerSecond,
            'm' => value * TimeSpan.TicksPerMillisecond,
            'u' => value * TimeSpan.TicksPerMicrosecond,
            'n' => value / 100.0,
            _ => -1,
        };
        return ticks < 0 ? null : ticks >= LongestTimeout.Ticks ? LongestTimeout : TimeSpan.FromTicks((long)ticks);
    }

    public static IEnumerable<HeaderField> OfStatus(RpcStatus status, Metadata trailers)
    {
        yield return new HeaderField("grpc-status", ((int)status.Code).ToString(CultureInfo.InvariantCulture));
        if (status.Message.Length > 0)
        {
            yield return new HeaderField("grpc-message", Escape(status.Message));
        }

        if (!status.Details.IsEmpty)
        {
            yield return new HeaderField("grpc-status-details-bin", BinaryText.Encode(status.Details.Span));
        }

        foreach (HeaderField field in trailers.Fields)
        {
            yield return field;
        }
    }

    /// <returns>Null if there is no status among the fields.</returns>
    public static RpcStatus? ReadStatus(HeaderBlock fields)
    {
        if (fields.Find("grpc-status") is not { } text)
        {
            return null;
        }

        StatusCode code = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= 16
            ? (StatusCode)number
            : StatusCode.Unknown;
        byte[] details = [];
        if (fields.Find("grpc-status-details-bin") is { } encoded)
        {
            try
            {
                details = BinaryText.Decode(encoded);
            }
            catch (FormatException)
            {
                return new RpcStatus(StatusCode.Internal, $"the details of status {text} are not base64");
            }
        }

        return new RpcStatus(code, Unescape(fields.Find("grpc-message") ?? ""), details);
    }

    /// <summary>The status that an answer without one stands for.</summary>
    /// <remarks>Source: gRPC, http-grpc-status-mapping.md.</remarks>
    public static StatusCode OfHttpStatus(string? status) => status switch
    {
        "400" => StatusCode.Internal,
        "401" => StatusCode.Unauthenticated,
        "403" => StatusCode.PermissionDenied,
        "404" => StatusCode.Unimplemented,
        "429" or "502" or "503" or "504" => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };

    /// <summary>Octets outside printable ASCII, and '%', as %XX of their UTF-8.</summary>
    public static string Escape(string message)
    {
        if (message.All(c => c is >= ' ' and <= '~' and not '%'))
        {
            return message;
        }

        var text = new StringBuilder();
        foreach (byte octet in Encoding.UTF8.GetBytes(message))
        {
            if (octet is >= (byte)' ' and <= (byte)'~' and not (byte)'%')
            {
                text.Append((char)octet);
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"%{octet:X2}");
            }
        }

        return text.ToString();
    }

    /// <summary>The reverse; what is no escape stays as it is.</summary>
    public static string Unescape(string text)
    {
        if (!text.Contains('%', StringComparison.Ordinal))
        {
            return text;
        }

        var octets = new List<byte>(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length
                && byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte octet))
            {
                octets.Add(octet);
                i += 2;
            }
            else
            {
                octets.Add((byte)text[i]);
            }
        }

        return Encoding.UTF8.GetString([.. octets]);
    }
}
