namespace Cairn.Rpc.Hpack;

/// <summary>Recently used fields, newest first, bounded by their size. Each end of a direction keeps one, always equal.</summary>
/// <remarks>Source: RFC 7541, sections 2.3.2 and 4. Owned by the codec that holds it.</remarks>
internal sealed class DynamicTable(int maxSize)
{
    private HeaderField[] _ring = new HeaderField[32];
    private int _newest = -1;

    /// <summary>Number of entries.</summary>
    public int Count { get; private set; }

    /// <summary>Sum of the entries' sizes, in octets.</summary>
    public int Size { get; private set; }

    /// <summary>Most octets the entries may take together.</summary>
    public int MaxSize { get; private set; } = maxSize;

    /// <summary>An entry by age: 0 is the newest.</summary>
    public HeaderField this[int age] => _ring[(_newest - age) & (_ring.Length - 1)];

    /// <summary>Changes the bound and drops the oldest entries until it holds.</summary>
    public void Resize(int maxSize)
    {
        MaxSize = maxSize;
        Evict(0);
    }

    /// <summary>Adds an entry. One that is larger than the whole table empties it and is not kept.</summary>
    public void Add(HeaderField field)
    {
        Evict(field.Size);
        if (field.Size > MaxSize)
        {
            return;
        }

        if (Count == _ring.Length)
        {
            Grow();
        }

        _newest = (_newest + 1) & (_ring.Length - 1);
        _ring[_newest] = field;
        Count++;
        Size += field.Size;
    }

    private void Evict(int needed)
    {
        while (Count > 0 && Size + needed > MaxSize)
        {
            ref HeaderField oldest = ref _ring[(_newest - Count + 1) & (_ring.Length - 1)];
            Size -= oldest.Size;
            oldest = default;
            Count--;
        }
    }

    private void Grow()
    {
        var larger = new HeaderField[_ring.Length * 2];
        for (int i = 0; i < Count; i++)
        {
            larger[i] = this[Count - 1 - i];
        }

        _ring = larger;
        _newest = Count - 1;
    }
}
