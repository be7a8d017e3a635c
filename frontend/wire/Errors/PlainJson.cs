using System.Collections;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Cairn.Wire.Errors;

/// <summary>Messages as JSON with the names of the schema, without what is zero or empty; whole numbers and enums as numbers, octets in base64.</summary>
/// <remarks>Source: wire-schema.md, "Typed errors on the wire". It is not the JSON mapping of protobuf.</remarks>
internal static class PlainJson
{
    public static ByteString Write(IMessage message)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            WriteMessage(writer, message);
        }

        return ByteString.CopyFrom(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    /// <exception cref="JsonException">Not JSON.</exception>
    /// <exception cref="FormatException">A value has another form than the schema says.</exception>
    public static void Read(ReadOnlyMemory<byte> json, IMessage message)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        try
        {
            ReadMessage(document.RootElement, message);
        }
        catch (Exception e) when (e is InvalidOperationException or OverflowException)
        {
            throw new FormatException($"the JSON is no {message.Descriptor.FullName}", e);
        }
    }

    private static void WriteMessage(Utf8JsonWriter writer, IMessage message)
    {
        writer.WriteStartObject();
        foreach (FieldDescriptor field in message.Descriptor.Fields.InDeclarationOrder())
        {
            object? value = field.Accessor.GetValue(message);
            if (IsEmpty(field, message, value))
            {
                continue;
            }

            writer.WritePropertyName(field.Name);
            if (field.IsMap)
            {
                WriteMap(writer, field, (IDictionary)value!);
            }
            else if (field.IsRepeated)
            {
                writer.WriteStartArray();
                foreach (object item in (IList)value!)
                {
                    WriteValue(writer, field, item);
                }

                writer.WriteEndArray();
            }
            else
            {
                WriteValue(writer, field, value!);
            }
        }

        writer.WriteEndObject();
    }

    private static void WriteMap(Utf8JsonWriter writer, FieldDescriptor field, IDictionary entries)
    {
        FieldDescriptor valueField = field.MessageType.FindFieldByNumber(2);
        writer.WriteStartObject();
        foreach (DictionaryEntry entry in entries)
        {
            writer.WritePropertyName(Convert.ToString(entry.Key, System.Globalization.CultureInfo.InvariantCulture) ?? "");
            WriteValue(writer, valueField, entry.Value!);
        }

        writer.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter writer, FieldDescriptor field, object value)
    {
        switch (value)
        {
            case IMessage message:
                WriteMessage(writer, message);
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            case ByteString octets:
                writer.WriteBase64StringValue(octets.Span);
                break;
            case bool flag:
                writer.WriteBooleanValue(flag);
                break;
            case double number:
                writer.WriteNumberValue(number);
                break;
            case float number:
                writer.WriteNumberValue(number);
                break;
            case ulong number:
                writer.WriteNumberValue(number);
                break;
            default:
                writer.WriteNumberValue(Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture));   // whole numbers, enums
                break;
        }
    }

    private static bool IsEmpty(FieldDescriptor field, IMessage message, object? value) => value switch
    {
        null => true,
        IDictionary map => map.Count == 0,
        IList list => list.Count == 0,
        IMessage => false,
        string text => text.Length == 0,
        ByteString octets => octets.IsEmpty,
        bool flag => !flag,
        _ => !field.HasPresence && Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture) == 0,
    };

    private static void ReadMessage(JsonElement json, IMessage message)
    {
        foreach (FieldDescriptor field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (!json.TryGetProperty(field.Name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            if (field.IsMap)
            {
                var map = (IDictionary)field.Accessor.GetValue(message);
                FieldDescriptor valueField = field.MessageType.FindFieldByNumber(2);
                foreach (JsonProperty entry in value.EnumerateObject())
                {
                    map[entry.Name] = ReadValue(entry.Value, valueField);
                }
            }
            else if (field.IsRepeated)
            {
                var list = (IList)field.Accessor.GetValue(message);
                foreach (JsonElement item in value.EnumerateArray())
                {
                    list.Add(ReadValue(item, field));
                }
            }
            else
            {
                field.Accessor.SetValue(message, ReadValue(value, field));
            }
        }
    }

    private static object ReadValue(JsonElement json, FieldDescriptor field)
    {
        switch (field.FieldType)
        {
            case FieldType.Message:
                IMessage nested = field.MessageType.Parser.ParseFrom(ByteString.Empty);
                ReadMessage(json, nested);
                return nested;
            case FieldType.String:
                return json.GetString() ?? "";
            case FieldType.Bytes:
                return ByteString.CopyFrom(json.GetBytesFromBase64());
            case FieldType.Bool:
                return json.GetBoolean();
            case FieldType.Double:
                return json.GetDouble();
            case FieldType.Float:
                return json.GetSingle();
            case FieldType.UInt32 or FieldType.Fixed32:
                return json.GetUInt32();
            case FieldType.UInt64 or FieldType.Fixed64:
                return json.GetUInt64();
            case FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64:
                return json.GetInt64();
            default:
                return json.GetInt32();   // the accessor takes the number of an enum, too
        }
    }
}
