using System.Globalization;
using Cairn.Protos.Pb;

namespace Cairn.Llb.Building;

/// <summary>User and group of files, by number or by name; names are looked up in the tree that is changed.</summary>
/// <param name="User">Number or name; null leaves the user.</param>
/// <param name="Group">Number or name; null for the user's own.</param>
public sealed record FileOwner(string? User, string? Group = null)
{
    /// <summary>Numbers.</summary>
    public static FileOwner Ids(uint user, uint group) =>
        new(user.ToString(CultureInfo.InvariantCulture), group.ToString(CultureInfo.InvariantCulture));

    /// <summary>Reads "user" or "user:group".</summary>
    public static FileOwner Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? new FileOwner(text) : new FileOwner(text[..colon], text[(colon + 1)..]);
    }

    /// <summary>As a message.</summary>
    /// <param name="lookupInput">Input with the passwd and group files.</param>
    internal ChownOpt ToMessage(long lookupInput) => new() { User = Account(User, lookupInput), Group = Account(Group, lookupInput) };

    private static UserOpt? Account(string? account, long lookupInput) => account switch
    {
        null => null,
        "root" => new UserOpt { ByID = 0 },
        _ when uint.TryParse(account, NumberStyles.None, CultureInfo.InvariantCulture, out uint id) => new UserOpt { ByID = id },
        _ => new UserOpt { ByName = new NamedUserOpt { Name = account, Input = lookupInput } },
    };
}
