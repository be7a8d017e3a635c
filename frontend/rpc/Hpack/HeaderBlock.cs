namespace Cairn.Rpc.Hpack;

/// <summary>The fields of one HEADERS with its CONTINUATIONs, in order; repeated names stay separate fields.</summary>
internal sealed class HeaderBlock(int limit)
{
    private readonly List<HeaderField> _fields = [];
    private int _size;

    public IReadOnlyList<HeaderField> Fields => _fields;

    /// <summary>True if the fields are larger than the limit; those past it were decoded and dropped.</summary>
    public bool IsTooLarge { get; private set; }

    /// <summary>Value of the first field of this name; null if there is none.</summary>
    public string? Find(string name)
    {
        foreach (HeaderField field in _fields)
        {
            if (field.Name == name)
            {
                return field.Value;
            }
        }

        return null;
    }

    public void Add(HeaderField field)
    {
        _size += field.Size;
        if (IsTooLarge || _size > limit)
        {
            IsTooLarge = true;
            _size = limit;   // stays put, so that it cannot overflow
            return;
        }

        _fields.Add(field);
    }
}
