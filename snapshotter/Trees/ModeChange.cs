using Cairn.Llb;

namespace Cairn.Snapshotter.Trees;

/// <summary>A symbolic change of permission bits, as <c>chmod</c> takes it: <c>u=rwX,go=rX</c>, <c>+x</c>, <c>g+s</c>. No umask has a part in it.</summary>
/// <remarks>Source: POSIX.1-2017, chmod, "Extended description".</remarks>
public sealed class ModeChange
{
    private const uint User = 0x9c0;    // 04700
    private const uint Group = 0x438;   // 02070
    private const uint Other = 0x207;   // 01007
    private const uint All = 0xfff;

    private readonly List<Action> _actions = [];

    private ModeChange()
    {
    }

    /// <summary>Reads a change; octal digits are an absolute mode.</summary>
    /// <exception cref="BuildException">The text is not a mode.</exception>
    public static ModeChange Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var change = new ModeChange();
        if (text.Length is > 0 and <= 5 && text.All(static digit => digit is >= '0' and <= '7'))
        {
            change._actions.Add(new Action(All, '=', Convert.ToUInt32(text, 8) & All, ' ', false));
            return change;
        }
        foreach (string clause in text.Split(','))
        {
            change.Add(clause, text);
        }
        return change;
    }

    /// <summary>The mode that comes of it.</summary>
    /// <param name="mode">Mode before.</param>
    /// <param name="isDirectory">Decides what <c>X</c> means.</param>
    public uint Apply(uint mode, bool isDirectory)
    {
        foreach (Action action in _actions)
        {
            uint bits = action.Bits;
            if (action.ExecuteIfAny && (isDirectory || (mode & 0x49) != 0))
            {
                bits |= 0x49;   // 0111
            }
            bits |= action.Copy switch
            {
                'u' => Spread(mode >> 6),
                'g' => Spread(mode >> 3),
                'o' => Spread(mode),
                _ => 0,
            };
            bits &= action.Who;
            mode = action.Operation switch
            {
                '+' => mode | bits,
                '-' => mode & ~bits,
                _ => (mode & ~action.Who) | bits,
            };
        }
        return mode;
    }

    private static uint Spread(uint permissions) => (permissions & 7) * 0x49;

    private void Add(string clause, string text)
    {
        int at = 0;
        uint who = 0;
        for (; at < clause.Length && clause[at] is 'u' or 'g' or 'o' or 'a'; at++)
        {
            who |= clause[at] switch { 'u' => User, 'g' => Group, 'o' => Other, _ => All };
        }
        who = who == 0 ? All : who;
        if (at == clause.Length)
        {
            throw Wrong(text);
        }
        while (at < clause.Length)
        {
            char operation = clause[at++];
            if (operation is not ('+' or '-' or '='))
            {
                throw Wrong(text);
            }
            uint bits = 0;
            char copy = ' ';
            bool executeIfAny = false;
            for (; at < clause.Length && clause[at] is not ('+' or '-' or '='); at++)
            {
                switch (clause[at])
                {
                    case 'r':
                        bits |= 0x124;   // 0444
                        break;
                    case 'w':
                        bits |= 0x92;    // 0222
                        break;
                    case 'x':
                        bits |= 0x49;    // 0111
                        break;
                    case 'X':
                        executeIfAny = true;
                        break;
                    case 's':
                        bits |= 0xc00;   // 06000
                        break;
                    case 't':
                        bits |= 0x200;   // 01000
                        break;
                    case 'u' or 'g' or 'o':
                        copy = clause[at];
                        break;
                    default:
                        throw Wrong(text);
                }
            }
            _actions.Add(new Action(who, operation, bits, copy, executeIfAny));
        }
    }

    private static BuildException Wrong(string text) =>
        new(ErrorKind.Input, "change mode", "", $"'{text}' is not a mode", "Write octal digits, or clauses such as u=rwX,go=rX.");

    private readonly record struct Action(uint Who, char Operation, uint Bits, char Copy, bool ExecuteIfAny);
}
