using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>The value of one <c>--mount</c>, checked as far as variables allow.</summary>
internal sealed record MountFlag
{
    private static readonly string[] Keys =
    [
        "type", "from", "source", "target", "readonly", "readwrite", "id", "sharing", "required", "size", "mode", "uid", "gid", "env",
        "src", "dst", "destination", "ro", "rw",
    ];

    private static readonly string[] Switches = ["readonly", "readwrite", "required"];

    private readonly string _text;

    private MountFlag(string text) => _text = text;

    public MountKind Kind { get; private set; } = MountKind.Bind;
    public string? From { get; private set; }
    public string? Source { get; private set; }

    /// <summary>Where it is mounted; relative to the working directory, which it is when nothing is given.</summary>
    public string? Target { get; private set; }

    public bool ReadOnly { get; private set; }
    public string? Id { get; private set; }
    public string? Sharing { get; private set; }
    public bool Required { get; private set; }
    public long? Size { get; private set; }
    public uint? Mode { get; private set; }
    public uint? UserId { get; private set; }
    public uint? GroupId { get; private set; }
    public string? Variable { get; private set; }

    /// <exception cref="SyntaxFault">A key is unknown, a value wrong, or the combination is not allowed.</exception>
    public static MountFlag Parse(string text) => Parse(text, null);

    /// <summary>The same flag with the variables in its values expanded.</summary>
    /// <exception cref="SyntaxFault">An expanded value is wrong.</exception>
    public MountFlag Expand(Func<string, string> expand) => _text.Contains('$', StringComparison.Ordinal) ? Parse(_text, expand) : this;

    private static MountFlag Parse(string text, Func<string, string>? expand)
    {
        var flag = new MountFlag(text);
        bool? readOnly = null;
        bool complete = true;
        List<(string Key, string? Value)> fields = [.. CsvFields(text).Select(SplitField)];
        foreach ((string key, string? value) in fields)
        {
            if (key == "type")
            {
                flag.Kind = ParseKind(value);
            }
        }
        foreach ((string key, string? given) in fields)
        {
            string? value = given;
            if (value is not null && value.Contains('$', StringComparison.Ordinal))
            {
                if (key == "from")
                {
                    throw new SyntaxFault($"'{key}' doesn't support variable expansion, define alias stage instead");
                }
                if (expand is null)
                {
                    complete = false;
                    continue;
                }
                value = expand(value);
            }
            flag.Set(key, value, ref readOnly);
        }
        flag.ReadOnly = readOnly ?? flag.Kind is MountKind.Bind;
        if (complete)
        {
            flag.Check();
        }
        return flag;
    }

    private static (string Key, string? Value) SplitField(string field)
    {
        int equals = field.IndexOf('=', StringComparison.Ordinal);
        string key = (equals < 0 ? field : field[..equals]).Trim().ToLowerInvariant();
        string? value = equals < 0 ? null : field[(equals + 1)..];
        string name = key switch
        {
            "src" => "source",
            "dst" or "destination" => "target",
            "ro" => "readonly",
            "rw" => "readwrite",
            _ => key,
        };
        if (!Keys.Contains(name))
        {
            throw new SyntaxFault($"unexpected key '{key}' in '{field}'{Suggestion.For(key, Keys)}");
        }
        return value is null && !Switches.Contains(name)
            ? throw new SyntaxFault($"invalid field '{field}' must be a key=value pair")
            : (name, value);
    }

    private static MountKind ParseKind(string? value) => value?.ToLowerInvariant() switch
    {
        "bind" => MountKind.Bind,
        "cache" => MountKind.Cache,
        "tmpfs" => MountKind.Tmpfs,
        "secret" => MountKind.Secret,
        "ssh" => MountKind.Ssh,
        _ => throw new SyntaxFault($"unsupported mount type \"{value}\"{Suggestion.For(value ?? "", ["bind", "cache", "tmpfs", "secret", "ssh"])}"),
    };

    private void Set(string key, string? value, ref bool? readOnly)
    {
        switch (key)
        {
            case "type":
                break;
            case "from":
                From = value;
                break;
            case "source":
                Source = value;
                break;
            case "target":
                Target = value;
                break;
            case "readonly":
                readOnly = Boolean(key, value);
                break;
            case "readwrite":
                readOnly = !Boolean(key, value);
                break;
            case "id":
                Id = value;
                break;
            case "sharing" when Kind == MountKind.Cache:
                Sharing = value is "shared" or "private" or "locked" ? value : throw new SyntaxFault($"unsupported sharing value \"{value}\"");
                break;
            case "required" when Kind is MountKind.Secret or MountKind.Ssh:
                Required = Boolean(key, value);
                break;
            case "size" when Kind == MountKind.Tmpfs:
                Size = ByteSize.TryParse(value!) ?? throw new SyntaxFault($"invalid value for size: {value}");
                break;
            case "mode" when HasOwner:
                Mode = Number(key, value, 8);
                break;
            case "uid" when HasOwner:
                UserId = Number(key, value, 10);
                break;
            case "gid" when HasOwner:
                GroupId = Number(key, value, 10);
                break;
            case "env" when Kind == MountKind.Secret:
                Variable = value;
                break;
            default:
                throw new SyntaxFault($"unexpected key '{key}' for mount type '{Kind.ToString().ToLowerInvariant()}'");
        }
    }

    private bool HasOwner => Kind is MountKind.Cache or MountKind.Secret or MountKind.Ssh;

    private void Check()
    {
        bool takesInput = Kind is MountKind.Bind or MountKind.Cache;
        if (!takesInput && From is not null)
        {
            throw new SyntaxFault($"from is not allowed for mount type '{Kind.ToString().ToLowerInvariant()}'");
        }
        if (Kind is MountKind.Ssh or MountKind.Tmpfs && Source is not null)
        {
            throw new SyntaxFault($"{Kind.ToString().ToLowerInvariant()} mount should not define source");
        }
        if (Kind == MountKind.Secret)
        {
            if (Id is not null && Source is not null)
            {
                throw new SyntaxFault("both id and source can't be set for a secret mount");
            }
            if (string.IsNullOrEmpty(Id) && string.IsNullOrEmpty(Source) && string.IsNullOrEmpty(Target))
            {
                throw new SyntaxFault("invalid secret mount. one of source, id, target required");
            }
        }
    }

    private static bool Boolean(string key, string? value) => value switch
    {
        null or "true" or "1" => true,
        "false" or "0" => false,
        _ => throw new SyntaxFault($"invalid value for {key}: {value}"),
    };

    private static uint Number(string key, string? value, int @base)
    {
        uint number = 0;
        foreach (char c in value!)
        {
            int digit = c - '0';
            if (digit < 0 || digit >= @base || number > (uint.MaxValue - digit) / @base)
            {
                throw new SyntaxFault($"invalid value {value} for {key}");
            }
            number = (number * (uint)@base) + (uint)digit;
        }
        return value.Length > 0 ? number : throw new SyntaxFault($"invalid value for {key}: {value}");
    }

    private static List<string> CsvFields(string text) => CsvLine.Split(text);
}
